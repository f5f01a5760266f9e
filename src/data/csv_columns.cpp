#include "csv_columns.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_number.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include "nearest_name.hpp"
#include <algorithm>
#include <set>
#include <span>
#include <string_view>

namespace fedasio::data {

namespace {

/// The one of these names that is `name` but for case; null if there is none.
const std::string* same_but_for_case(std::span<const std::string> names, const std::string& name) {
    const std::string wanted = lower_case(trimmed(name));
    const auto found = std::ranges::find_if(
        names, [&](const std::string& other) { return lower_case(trimmed(other)) == wanted; });
    return found == names.end() ? nullptr : &*found;
}

bool is_headless(std::span<const std::string> names) {
    return std::ranges::all_of(names, [](const std::string& name) {
        return parse_number(name, {}).type == csv_number::kind::finite;
    });
}

void require_name(const std::string& where, std::span<const std::string> names, const std::string& name,
                  const char* what, const std::string& hint) {
    if (std::ranges::find(names, name) != names.end()) {
        return;
    }
    std::string text =
        where + ": there is no column " + in_quotes(name) + ", which the plan names as " + what;
    if (is_headless(names)) {
        throw error(text + "; all " + std::to_string(names.size()) +
                    " fields of its first line are numbers: add a header line with the columns' names");
    }
    if (const auto* const same = same_but_for_case(names, name)) {
        throw error(text + "; the table has the similar names: " + in_quotes(*same) +
                    ", which differs in case only: write it in the plan as in the table");
    }
    const auto similar = similar_names(name, names);
    throw error(text + "; of its " + std::to_string(names.size()) + " columns " +
                (similar.empty() ? "none has a similar name" : "these have similar names: " + similar) +
                hint);
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

constexpr std::size_t most_shown = 20;

template <class Items, class Text>
std::string bounded_list(const Items& items, Text text) {
    std::string list;
    for (std::size_t i = 0; i < std::min(items.size(), most_shown); ++i) {
        list += (list.empty() ? "" : ", ") + text(items[i]);
    }
    return items.size() <= most_shown ? list
                                      : list + " and " + std::to_string(items.size() - most_shown) + " more";
}

std::string difference_text(const header_difference& difference, std::span<const std::string> names,
                            const std::string& extra) {
    std::string text;
    if (!difference.lacking.empty()) {
        text +=
            "it lacks " + bounded_list(difference.lacking, [](const auto& name) { return in_quotes(name); });
    }
    if (!difference.extra.empty()) {
        text += (text.empty() ? "it has in addition " : ", and has in addition ") + extra;
    }
    // Each is looked for among all names, which may be many: no further than they are shown.
    const auto shown = std::min(difference.lacking.size(), most_shown);
    for (const std::string& name : std::span(difference.lacking).first(shown)) {
        const auto* const same = same_but_for_case(names, name);
        if (same != nullptr) {
            text += "; its " + in_quotes(*same) + " differs from " + in_quotes(name) +
                    " in case only: rename it in the table";
            break;
        }
    }
    return text;
}

} // namespace

std::vector<csv_role> column_roles(const std::string& where, std::span<const std::string> names,
                                   const csv_source& source, bool regression, const std::string& hint) {
    require_name(where, names, source.label, "the label", hint);
    for (const auto& [name, column] : source.columns) {
        require_name(where, names, name, "a column", hint);
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
                    "; check the delimiter and the ignored columns in the plan" + hint);
    }
    return roles;
}

header_difference compare_headers(std::span<const std::string> names,
                                  std::span<const std::string> reference_names) {
    const std::set<std::string_view> present(names.begin(), names.end());
    const std::set<std::string_view> known(reference_names.begin(), reference_names.end());
    header_difference difference;
    for (const std::string& name : reference_names) {
        if (!present.contains(name)) {
            difference.lacking.push_back(name);
        }
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!known.contains(names[i])) {
            difference.extra.push_back(i);
        }
    }
    return difference;
}

std::string difference_text(const header_difference& difference, std::span<const std::string> names) {
    const auto places =
        bounded_list(difference.extra, [](std::size_t place) { return std::to_string(place + 1); });
    return difference_text(difference, names,
                           (difference.extra.size() == 1 ? "column " : "columns ") + places);
}

std::string named_difference_text(const header_difference& difference, std::span<const std::string> names) {
    const auto list =
        bounded_list(difference.extra, [&](std::size_t place) { return in_quotes(names[place]); });
    return difference_text(difference, names, (difference.extra.size() == 1 ? "column " : "columns ") + list);
}

} // namespace fedasio::data
