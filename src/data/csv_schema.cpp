#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace fedasio::data {

namespace {

std::string owner(std::size_t i) {
    return "owner " + std::to_string(i);
}

std::vector<std::string> names_of(const csv_summary& summary) {
    std::vector<std::string> names;
    names.reserve(summary.columns.size());
    for (const csv_column_summary& column : summary.columns) {
        names.push_back(column.name);
    }
    return names;
}

void check_summary(std::size_t i, const csv_summary& summary, const std::string& label) {
    std::set<std::string_view> names;
    for (const csv_column_summary& column : summary.columns) {
        const bool sound = names.insert(column.name).second && summary.rows > 0 &&
                           std::isfinite(column.mean) && std::isfinite(column.m2) && column.m2 >= 0 &&
                           column.count <= summary.rows && column.missing <= summary.rows - column.count &&
                           (column.name != label || column.count == summary.rows);
        if (!sound) {
            throw error(owner(i) + ": its summary of column " + in_quotes(column.name) +
                        " makes no sense; check that all sides run the same version");
        }
    }
}

/// All owners' summaries of one column, by owner.
using column_summaries = std::vector<const csv_column_summary*>;

/// The columns of one owner by name: a search through 100,000 columns for each of them takes too long.
using columns_by_name = std::unordered_map<std::string_view, const csv_column_summary*>;

columns_by_name index_of(const csv_summary& summary) {
    columns_by_name index;
    for (const csv_column_summary& column : summary.columns) {
        index.emplace(column.name, &column);
    }
    return index;
}

column_summaries find_column(std::span<const columns_by_name> owners, const std::string& name) {
    column_summaries found;
    for (const columns_by_name& columns : owners) {
        found.push_back(columns.at(name));
    }
    return found;
}

std::vector<std::string> union_of(const column_summaries& columns) {
    std::set<std::string> all;
    for (const csv_column_summary* column : columns) {
        all.insert(column->categories.begin(), column->categories.end());
        if (all.size() > most_categories) {
            throw error("column " + in_quotes(column->name) + " has more than " +
                        std::to_string(most_categories) +
                        " distinct values over all owners; declare it ignored, or correct the data");
        }
    }
    return {all.begin(), all.end()};
}

bool is_numeric(csv_role role, const column_summaries& columns) {
    std::optional<std::size_t> numbers;
    std::optional<std::size_t> text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i]->count != 0) {
            (columns[i]->numeric ? numbers : text) = i;
        }
    }
    const std::string& name = columns.front()->name;
    const bool against_plan = (role == csv_role::numeric && text) ||
                              (role != csv_role::undeclared && role != csv_role::numeric && numbers);
    if (against_plan) {
        throw error(owner(role == csv_role::numeric ? *text : *numbers) + ": it did not read column " +
                    in_quotes(name) + " as the plan declares it; check that all sides use the same plan");
    }
    if (numbers && text) {
        const auto& seen = columns[*text]->categories;
        throw error("column " + in_quotes(name) + " has only numbers at " + owner(*numbers) +
                    ", but text at " + owner(*text) +
                    (seen.empty() ? "" : " (such as " + in_quotes(seen.back()) + ")") +
                    "; declare the column categorical, numeric or ignored in the plan, or correct the text");
    }
    return !text && (role == csv_role::undeclared || role == csv_role::numeric);
}

void merge_moments(const column_summaries& columns, csv_column_schema& result) {
    double count = 0;
    double m2 = 0;
    for (const csv_column_summary* column : columns) {
        if (column->count == 0) {
            continue;
        }
        const auto added = static_cast<double>(column->count);
        const double delta = column->mean - result.mean;
        const double total = count + added;
        result.mean += delta * (added / total);
        m2 += column->m2 + delta * delta * (count * (added / total));
        count = total;
    }
    result.deviation = count == 0 ? 0 : std::sqrt(m2 / count);
    if (!std::isfinite(result.mean) || !std::isfinite(result.deviation)) {
        throw error("column " + in_quotes(result.name) +
                    " has values too large to standardise; correct or ignore it");
    }
}

std::optional<std::int64_t> integer(const std::string& text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    return failure == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

std::vector<std::string> sorted_classes(std::vector<std::string> classes) {
    if (std::ranges::all_of(classes, [](const std::string& name) { return integer(name).has_value(); })) {
        std::ranges::sort(classes, {},
                          [](const std::string& name) { return std::pair(*integer(name), name); });
    }
    return classes;
}

} // namespace

std::size_t feature_count(const csv_schema& schema) {
    std::size_t count = 0;
    for (const csv_column_schema& column : schema.columns) {
        count += column.type == csv_column::kind::numeric ? 1 : column.categories.size();
    }
    return count;
}

csv_schema merge(std::span<const csv_summary> summaries, const csv_source& source, bool regression) {
    if (summaries.empty()) {
        throw error("there is no summary of any data; at least one owner must have a file");
    }
    const std::vector<std::string> names = names_of(summaries.front());
    for (std::size_t i = 0; i < summaries.size(); ++i) {
        require_same_columns(owner(i), names_of(summaries[i]), owner(0), names);
        check_summary(i, summaries[i], source.label);
    }
    const std::vector<csv_role> roles = column_roles(owner(0), names, source, regression);
    std::vector<columns_by_name> owners;
    for (const csv_summary& summary : summaries) {
        owners.push_back(index_of(summary));
    }

    csv_schema schema;
    schema.delimiter = source.delimiter;
    schema.standardize = source.standardize;
    schema.regression = regression;
    schema.label = source.label;
    std::size_t categories = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        csv_column_schema column;
        column.name = names[i];
        column.type = csv_column::kind::ignored;
        if (roles[i] != csv_role::ignored) {
            const column_summaries found = find_column(owners, names[i]);
            if (is_numeric(roles[i], found)) {
                column.type = csv_column::kind::numeric;
                merge_moments(found, column);
            } else {
                column.type = csv_column::kind::categorical;
                column.categories = roles[i] == csv_role::fixed_categorical
                                        ? source.columns.at(names[i]).categories
                                        : union_of(found);
            }
        }
        if (names[i] == source.label) {
            if (regression && source.standardize) {
                schema.label_mean = column.mean;
                schema.label_deviation = column.deviation > 0 ? column.deviation : 1;
            }
            schema.classes = roles[i] == csv_role::fixed_categorical
                                 ? std::move(column.categories)
                                 : sorted_classes(std::move(column.categories));
            continue;
        }
        categories += column.categories.size();
        if (categories > most_categories) {
            throw error("with column " + in_quotes(column.name) + " there are more than " +
                        std::to_string(most_categories) +
                        " categories over all owners; declare columns ignored");
        }
        schema.columns.push_back(std::move(column));
    }
    if (feature_count(schema) == 0) {
        throw error(
            "no column has a value to learn from; check the data and the ignored columns in the plan");
    }
    return schema;
}

} // namespace fedasio::data
