#include "csv_schema.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_number.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace fedasio::data {

namespace {

/// All owners' summaries of one column, by owner.
using column_summaries = std::vector<const csv_column_summary*>;

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

/// The union, but one class for all ways to write a number.
std::vector<std::string> union_of_classes(const column_summaries& columns, const csv_notation& notation) {
    std::map<std::string, std::string> classes;
    for (const std::string& written : union_of(columns)) {
        const std::string one = canonical_number(trimmed(written), notation);
        const auto [place, is_new] = classes.emplace(one, written);
        if (!is_new) {
            place->second = one;
        }
    }
    std::set<std::string> names;
    for (const auto& [one, written] : classes) {
        names.insert(written);
    }
    return {names.begin(), names.end()};
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
        count += feature_count(schema, column);
    }
    return count;
}

std::size_t feature_count(const csv_schema& schema, const csv_column_schema& column) {
    switch (column.type) {
    case csv_column::kind::numeric:
        return 1;
    case csv_column::kind::categorical:
        return column.categories.size() + (schema.unseen_is_other ? 1 : 0);
    case csv_column::kind::ignored:
        break;
    }
    return 0;
}

columns_by_name index_of(const csv_summary& summary) {
    columns_by_name index;
    for (const csv_column_summary& column : summary.columns) {
        index.emplace(column.name, &column);
    }
    return index;
}

csv_schema schema_of(std::span<const csv_summary* const> summaries, std::span<const std::string> names,
                     const csv_source& source, bool regression) {
    const std::vector<csv_role> roles = column_roles("the table", names, source, regression);
    std::vector<columns_by_name> owners;
    for (const csv_summary* summary : summaries) {
        owners.push_back(index_of(*summary));
    }

    csv_schema schema;
    schema.delimiter = source.delimiter;
    schema.standardize = source.standardize;
    schema.regression = regression;
    schema.label = source.label;
    schema.notation = source.notation;
    schema.ignore_extra_columns = source.ignore_extra_columns;
    schema.skip_unlabelled = source.skip_unlabelled;
    schema.unseen_is_other = source.unseen_is_other;
    std::size_t categories = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        csv_column_schema column;
        column.name = names[i];
        column.type = csv_column::kind::ignored;
        const bool is_label = names[i] == source.label;
        if (roles[i] != csv_role::ignored) {
            const column_summaries found = find_column(owners, names[i]);
            const bool text =
                std::ranges::any_of(found, [](const auto* one) { return one->count != 0 && !one->numeric; });
            if (roles[i] == csv_role::numeric || (roles[i] == csv_role::undeclared && !text)) {
                column.type = csv_column::kind::numeric;
                merge_moments(found, column);
            } else {
                column.type = csv_column::kind::categorical;
                column.categories = roles[i] == csv_role::fixed_categorical
                                        ? source.columns.at(names[i]).categories
                                    : is_label ? union_of_classes(found, source.notation)
                                               : union_of(found);
            }
        }
        if (is_label) {
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
