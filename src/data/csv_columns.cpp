#include "csv_columns.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "file_text.hpp"
#include "nearest_name.hpp"
#include <algorithm>
#include <set>
#include <string_view>

namespace fedasio::data {

namespace {

void require_name(const std::string& where, std::span<const std::string> names, const std::string& name,
                  const char* what) {
    if (std::ranges::find(names, name) == names.end()) {
        const auto similar = similar_names(name, names);
        throw error(where + ": there is no column " + in_quotes(name) + ", which the plan names as " + what +
                    "; of its " + std::to_string(names.size()) + " columns " +
                    (similar.empty() ? "none has a similar name" : "these have similar names: " + similar));
    }
}

void check_fixed(const std::string& where, const std::string& name,
                 const std::vector<std::string>& categories) {
    if (categories.size() > most_categories) {
        throw error(where + ": the plan gives column " + in_quotes(name) + " more than " +
                    std::to_string(most_categories) + " categories; ignore the column, or merge categories");
    }
    std::set<std::string_view> seen;
    for (const std::string& category : categories) {
        if (!seen.insert(category).second) {
            throw error(where + ": the plan gives column " + in_quotes(name) + " the category " +
                        in_quotes(category) + " twice; remove one");
        }
    }
}

csv_role role_of(const std::string& where, const std::string& name, const csv_source& source,
                 bool regression) {
    const auto declared = source.columns.find(name);
    const bool is_label = name == source.label;
    if (declared == source.columns.end()) {
        if (!is_label) {
            return csv_role::undeclared;
        }
        return regression ? csv_role::numeric : csv_role::categorical;
    }
    const csv_column& column = declared->second;
    if (is_label && (column.type == csv_column::kind::ignored ||
                     (regression && column.type == csv_column::kind::categorical))) {
        throw error(where + ": the plan names column " + in_quotes(name) + " as the label, but declares it " +
                    (column.type == csv_column::kind::ignored ? "ignored" : "categorical in a regression") +
                    "; remove that declaration");
    }
    if (column.type == csv_column::kind::ignored) {
        return csv_role::ignored;
    }
    if (column.type == csv_column::kind::numeric) {
        // A class label may be declared numeric where classes are numbers.
        return is_label && !regression ? csv_role::categorical : csv_role::numeric;
    }
    check_fixed(where, name, column.categories);
    return column.categories.empty() ? csv_role::categorical : csv_role::fixed_categorical;
}

std::string missing_from(std::span<const std::string> names, std::span<const std::string> wanted) {
    const std::set<std::string_view> present(names.begin(), names.end());
    std::string list;
    for (const std::string& name : wanted) {
        if (!present.contains(name)) {
            list += (list.empty() ? "" : ", ") + in_quotes(name);
        }
    }
    return list;
}

/// By their places: a file that is not the table that was asked for may hold secrets.
std::string places_beside(std::span<const std::string> wanted, std::span<const std::string> names) {
    constexpr std::size_t most_shown = 20;
    const std::set<std::string_view> known(wanted.begin(), wanted.end());
    std::string list;
    std::size_t count = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!known.contains(names[i]) && ++count <= most_shown) {
            list += (list.empty() ? "" : ", ") + std::to_string(i + 1);
        }
    }
    if (count == 0) {
        return {};
    }
    return (count == 1 ? "column " : "columns ") + list +
           (count > most_shown ? " and " + std::to_string(count - most_shown) + " more" : "");
}

} // namespace

std::vector<csv_role> column_roles(const std::string& where, std::span<const std::string> names,
                                   const csv_source& source, bool regression) {
    require_name(where, names, source.label, "the label");
    for (const auto& [name, column] : source.columns) {
        require_name(where, names, name, "a column");
    }
    std::vector<csv_role> roles;
    for (const std::string& name : names) {
        roles.push_back(role_of(where, name, source, regression));
    }
    const auto is_feature = [&](std::size_t i) {
        return names[i] != source.label && roles[i] != csv_role::ignored;
    };
    bool any = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
        any = any || is_feature(i);
    }
    if (!any) {
        throw error(where + ": no column is left to learn from besides the label " + in_quotes(source.label) +
                    "; check the delimiter and the ignored columns in the plan");
    }
    return roles;
}

void require_same_columns(const std::string& where, std::span<const std::string> names,
                          const std::string& reference, std::span<const std::string> reference_names) {
    const std::string lacking = missing_from(names, reference_names);
    const std::string extra = places_beside(reference_names, names);
    if (lacking.empty() && extra.empty()) {
        return;
    }
    std::string text = where + ": the header differs from that of " + reference + ": ";
    if (!lacking.empty()) {
        text += "it lacks " + lacking;
    }
    if (!extra.empty()) {
        text += (lacking.empty() ? "it has in addition " : ", and has in addition ") + extra;
    }
    throw error(text + "; all files need the same columns, in any order");
}

} // namespace fedasio::data
