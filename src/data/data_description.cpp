#include <fedasio/data/data_description.hpp>
#include <fedasio/text/cut.hpp>

#include "csv_number.hpp"
#include "csv_schema.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace fedasio::data {

namespace {

/// Four digits that count.
std::string rounded(double value) {
    std::array<char, 32> text{};
    const auto [end, failure] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 4);
    return {text.data(), end};
}

std::string list_of(const std::vector<std::string>& names, std::uint64_t all) {
    std::string list;
    for (const std::string& name : names) {
        list += (list.empty() ? "" : ", ") + in_quotes(name);
    }
    return all > names.size() ? list + " and " + std::to_string(all - names.size()) + " more" : list;
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string column_text(const data_description::column& column) {
    std::string text = in_quotes(column.name) + ": ";
    switch (column.type) {
    case csv_column::kind::numeric:
        text += "numbers, mean " + rounded(column.mean) + ", deviation " + rounded(column.deviation);
        break;
    case csv_column::kind::categorical:
        text += counted(column.category_count, "category", "categories") + " " +
                list_of(column.categories, column.category_count);
        break;
    case csv_column::kind::ignored:
        return text + "ignored";
    }
    return column.missing == 0 ? text : text + ", " + std::to_string(column.missing) + " missing";
}

std::string label_text(const data_description& what) {
    if (what.regression) {
        return "label " + in_quotes(what.label) + ": a number, mean " + rounded(what.label_mean) +
               ", deviation " + rounded(what.label_deviation);
    }
    return "label " + in_quotes(what.label) + ": " + counted(what.class_count, "class", "classes") + " " +
           list_of(what.classes, what.class_count);
}

/// A text of any length as people are shown it.
std::string shortened(const std::string& text) {
    constexpr std::size_t longest = 100;
    return text::shortened(text, longest);
}

std::vector<std::string> shown(const std::vector<std::string>& names, std::size_t most) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
        result.push_back(shortened(names[i]));
    }
    return result;
}

/// Of the label in its own unit, which a schema does not keep if it does not standardise.
void describe_label(data_description& into, std::span<const owner_summary> owners) {
    double count = 0;
    double m2 = 0;
    into.label_mean = 0;
    for (const owner_summary& one : owners) {
        const auto found = std::ranges::find(one.summary.columns, into.label, &csv_column_summary::name);
        if (found == one.summary.columns.end() || found->count == 0) {
            continue;
        }
        const auto added = static_cast<double>(found->count);
        const double delta = found->mean - into.label_mean;
        m2 += found->m2 + delta * delta * (count * (added / (count + added)));
        count += added;
        into.label_mean += delta * (added / count);
    }
    into.label_deviation = count == 0 ? 0 : std::sqrt(m2 / count);
}

} // namespace

data_description describe(const csv_schema& schema, std::span<const owner_summary> owners,
                          std::vector<std::string> notes) {
    data_description what;
    what.is_known = true;
    what.regression = schema.regression;
    what.label = schema.label;
    what.label_mean = schema.label_mean;
    what.label_deviation = schema.label_deviation;
    what.inputs = feature_count(schema);
    what.column_count = schema.columns.size();
    what.class_count = schema.classes.size();
    what.classes = shown(schema.classes, data_description::most_classes);
    what.owner_count = owners.size();
    what.notes = std::move(notes);
    std::vector<columns_by_name> tables;
    for (const owner_summary& one : owners) {
        tables.push_back(index_of(one.summary));
    }
    for (const csv_column_schema& column :
         std::span(schema.columns).first(std::min(schema.columns.size(), data_description::most_columns))) {
        data_description::column told;
        told.name = shortened(column.name);
        told.type = column.type;
        told.mean = column.mean;
        told.deviation = column.deviation;
        told.category_count = column.categories.size();
        told.categories = shown(column.categories, data_description::most_names);
        for (const columns_by_name& table : tables) {
            if (const auto found = table.find(column.name); found != table.end()) {
                told.values += found->second->count;
                told.missing += found->second->missing;
            }
        }
        what.columns.push_back(std::move(told));
    }
    for (std::size_t i = 0; i < std::min(owners.size(), data_description::most_owners); ++i) {
        data_description::owner told{owners[i].owner, owners[i].summary.rows, 0, owners[i].summary.left_out};
        for (const csv_column_schema& column : schema.columns) {
            const auto found = tables[i].find(column.name);
            told.missing += found == tables[i].end() ? 0 : found->second->missing;
        }
        what.owners.push_back(std::move(told));
    }
    if (schema.regression && !owners.empty()) {
        describe_label(what, owners);
    }
    return what;
}

std::vector<std::string> description_lines(const data_description& what) {
    std::vector<std::string> lines{label_text(what)};
    for (const auto& column : what.columns) {
        lines.push_back(column_text(column));
    }
    if (what.column_count > what.columns.size()) {
        lines.push_back("and " + std::to_string(what.column_count - what.columns.size()) + " more columns");
    }
    return lines;
}

std::string description_line(const data_description& what) {
    constexpr std::size_t most_bytes = 4000;
    std::uint64_t rows = 0;
    for (const auto& owner : what.owners) {
        rows += owner.rows;
    }
    std::string line;
    if (what.owner_count != 0) {
        line = counted(rows, "row", "rows") +
               (what.owner_count == 1 ? "" : " of " + std::to_string(what.owner_count) + " tables") + "; ";
    }
    const auto lines = description_lines(what);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (line.size() + lines[i].size() > most_bytes) {
            return line + "and " + std::to_string(lines.size() - i) + " more columns";
        }
        line += lines[i] + (i + 1 < lines.size() ? "; " : "");
    }
    return line;
}

std::string list_classes(const csv_schema& schema, std::span<const owner_summary> owners) {
    std::string list;
    const std::size_t shown = std::min(schema.classes.size(), data_description::most_names);
    for (std::size_t i = 0; i < shown; ++i) {
        const std::string& name = schema.classes[i];
        const std::string one = canonical_number(trimmed(name), schema.notation);
        std::string only;
        std::size_t having = 0;
        for (const owner_summary& owner : owners) {
            const auto found =
                std::ranges::find(owner.summary.columns, schema.label, &csv_column_summary::name);
            const bool has = found != owner.summary.columns.end() &&
                             std::ranges::any_of(found->categories, [&](const std::string& category) {
                                 return canonical_number(trimmed(category), schema.notation) == one;
                             });
            having += has ? 1 : 0;
            only = has ? owner.owner : only;
        }
        list += (list.empty() ? "" : ", ") + in_quotes(name) +
                (having == 1 && owners.size() > 1 ? " (only at " + only + ")" : "");
    }
    return schema.classes.size() > shown
               ? list + " and " + std::to_string(schema.classes.size() - shown) + " more"
               : list;
}

} // namespace fedasio::data
