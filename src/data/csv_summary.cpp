#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_number.hpp"
#include "csv_table.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <unordered_set>

namespace fedasio::data {

namespace {

/// A value that decided how a column is read.
struct witness {
    std::uint64_t line = 0;
    std::string value;
};

struct column_state {
    csv_role role = csv_role::undeclared;
    bool is_label = false;
    csv_column_summary summary;
    witness text;
    witness not_finite;

    bool collects() const {
        return role == csv_role::categorical || (role == csv_role::undeclared && text.line != 0);
    }
};

std::string not_finite_text(const std::string& value) {
    return in_quotes(value) +
           " is not a finite number that fits a float; correct it, leave the field empty, or declare the "
           "column categorical or ignored";
}

void add_number(csv_column_summary& column, double value) {
    const double delta = value - column.mean;
    column.mean += delta / static_cast<double>(column.count);
    column.m2 += delta * (value - column.mean);
}

void add_value(const csv_table& table, std::size_t i, column_state& column) {
    const std::string_view field = table.field(i);
    if (field.empty()) {
        if (column.is_label) {
            throw table.fault(i, "the label is missing; fill it in, or remove the row");
        }
        ++column.summary.missing;
        return;
    }
    ++column.summary.count;
    if (column.role == csv_role::categorical || column.role == csv_role::fixed_categorical) {
        return;
    }
    const csv_number number = parse_number(field);
    const bool declared = column.role == csv_role::numeric;
    switch (number.type) {
    case csv_number::kind::finite:
        add_number(column.summary, number.value);
        break;
    case csv_number::kind::not_finite:
        if (declared) {
            throw table.fault(i, not_finite_text(std::string(field)));
        }
        if (column.not_finite.line == 0) {
            column.not_finite = {table.line(), std::string(field)};
        }
        break;
    case csv_number::kind::text:
        if (declared) {
            throw table.fault(i, in_quotes(field) +
                                     " is not a number; correct it, leave the field empty if the value is "
                                     "missing, or declare the column categorical or ignored");
        }
        if (column.text.line == 0) {
            column.text = {table.line(), std::string(field)};
        }
        break;
    }
}

void settle_type(const std::filesystem::path& file, column_state& column) {
    csv_column_summary& summary = column.summary;
    summary.numeric =
        column.role == csv_role::numeric || (column.role == csv_role::undeclared && column.text.line == 0);
    if (!summary.numeric) {
        summary.mean = 0;
        summary.m2 = 0;
    } else if (column.not_finite.line != 0) {
        throw error::at_line(file, column.not_finite.line,
                             "column " + in_quotes(summary.name) + ": " +
                                 not_finite_text(column.not_finite.value));
    }
}

[[noreturn]] void throw_too_many(const csv_table& table, std::size_t i, const column_state& column) {
    const std::string limit = std::to_string(most_categories);
    if (column.is_label) {
        throw table.fault(i, "the label has more than " + limit +
                                 " classes; if it is a number to predict, choose a regression loss");
    }
    std::string text = "with this column there are more than " + limit + " categories; declare it ignored";
    if (column.role == csv_role::undeclared) {
        text += ", or, if it should be numeric, correct " + in_quotes(column.text.value) + " in line " +
                std::to_string(column.text.line);
    }
    throw table.fault(i, text);
}

void collect_categories(csv_table& table, std::vector<column_state>& columns) {
    std::vector<std::unordered_set<std::string>> found(columns.size());
    std::size_t features_found = 0;
    while (table.next()) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (!columns[i].collects() || table.field(i).empty()) {
                continue;
            }
            const auto [value, is_new] = found[i].emplace(table.field(i));
            if (!is_new) {
                continue;
            }
            if (!is_utf8(*value)) {
                throw table.fault(i, in_quotes(*value) +
                                         " is not UTF-8; convert the file, for example by iconv -f latin1 "
                                         "-t utf-8");
            }
            features_found += columns[i].is_label ? 0 : 1;
            if ((columns[i].is_label ? found[i].size() : features_found) > most_categories) {
                throw_too_many(table, i, columns[i]);
            }
        }
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].summary.categories.assign(found[i].begin(), found[i].end());
        std::ranges::sort(columns[i].summary.categories);
    }
}

} // namespace

csv_summary summarize_csv(const std::filesystem::path& file, const csv_source& source, bool regression) {
    csv_table table(file, source.delimiter);
    const std::vector<csv_role> roles = column_roles(file.string() + ", line " + std::to_string(table.line()),
                                                     table.names(), source, regression);
    std::vector<column_state> columns(roles.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].role = roles[i];
        columns[i].is_label = table.names()[i] == source.label;
        columns[i].summary.name = table.names()[i];
    }
    csv_summary result;
    while (table.next()) {
        ++result.rows;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].role != csv_role::ignored) {
                add_value(table, i, columns[i]);
            }
        }
    }
    if (result.rows == 0) {
        throw error::in_file(file, "has a header, but no rows; add data");
    }
    for (column_state& column : columns) {
        if (column.role != csv_role::ignored) {
            settle_type(file, column);
        }
    }
    if (std::ranges::any_of(columns, &column_state::collects)) {
        csv_table again(file, source.delimiter);
        collect_categories(again, columns);
    }
    for (column_state& column : columns) {
        result.columns.push_back(std::move(column.summary));
    }
    return result;
}

} // namespace fedasio::data
