#include "csv_merge_notes.hpp"

#include "csv_schema.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace fedasio::data {

namespace {

constexpr std::size_t most_notes = 20;

struct owner_columns {
    const owner_summary* told = nullptr;
    columns_by_name columns;

    const csv_column_summary* find(const std::string& name) const {
        const auto found = columns.find(name);
        return found == columns.end() ? nullptr : found->second;
    }
};

using owner_list = std::vector<owner_columns>;

/// "'Yes' and 'yes'", or nothing.
std::string differ_in_case(const std::vector<std::string>& names) {
    std::map<std::string, const std::string*> seen;
    for (const std::string& name : names) {
        const auto [other, is_new] = seen.emplace(lower_case(trimmed(name)), &name);
        if (!is_new) {
            return in_quotes(*other->second) + " and " + in_quotes(name);
        }
    }
    return {};
}

class notes {
public:
    void add(std::string text) { all_.push_back(std::move(text)); }

    std::vector<std::string> finish() && {
        if (all_.size() > most_notes) {
            const std::size_t more = all_.size() - most_notes;
            all_.resize(most_notes);
            all_.push_back("and " + std::to_string(more) + " more such notes");
        }
        return std::move(all_);
    }

private:
    std::vector<std::string> all_;
};

void note_label(const owner_list& owners, const csv_schema& schema, notes& into) {
    const std::string label = "the label " + in_quotes(schema.label);
    if (schema.regression) {
        const bool varies = std::ranges::any_of(owners, [&](const owner_columns& one) {
            const csv_column_summary* own = one.find(schema.label);
            const csv_column_summary* first = owners.front().find(schema.label);
            return own != nullptr && first != nullptr && (own->m2 > 0 || own->mean != first->mean);
        });
        if (!varies) {
            into.add(label + " is the same number in every row: there is nothing to learn");
        }
        return;
    }
    if (schema.classes.size() == 1) {
        into.add(label + " has the one class " + in_quotes(schema.classes.front()) +
                 " in every row: there is nothing to learn");
    }
    if (const auto pair = differ_in_case(schema.classes); !pair.empty()) {
        into.add("classes " + pair + " of " + label +
                 " differ in case or space only: if they are one, write them alike");
    }
}

void note_column(const owner_list& owners, const csv_column_schema& column, notes& into) {
    const std::string name = "column " + in_quotes(column.name);
    const bool has_values = std::ranges::any_of(owners, [&](const owner_columns& one) {
        const csv_column_summary* own = one.find(column.name);
        return own != nullptr && own->count != 0;
    });
    if (!has_values) {
        into.add(name + " has no value in any row");
        return;
    }
    if (column.type == csv_column::kind::categorical) {
        if (const auto pair = differ_in_case(column.categories); !pair.empty()) {
            into.add("categories " + pair + " of " + name +
                     " differ in case or space only: if they are one, write them alike");
        }
        if (column.categories.size() == 1) {
            into.add(name + " has the one category " + in_quotes(column.categories.front()));
        }
        return;
    }
    if (column.deviation == 0) {
        into.add(name + " has the same number in every row");
        return;
    }
    constexpr double far = 100;
    std::vector<const csv_column_summary*> columns;
    for (const owner_columns& one : owners) {
        columns.push_back(one.find(column.name));
    }
    if (const auto odd = odd_scale(columns, far)) {
        into.add(name + " has numbers of another size at " + owners[*odd].told->owner +
                 " than at the others: is the unit the same?");
    }
}

} // namespace

std::optional<std::size_t> odd_scale(std::span<const csv_column_summary* const> columns, double far) {
    // More owners than this are not compared with each other.
    constexpr std::size_t most_compared = 50;
    const auto deviation = [](const csv_column_summary& column) {
        return std::sqrt(column.m2 / static_cast<double>(column.count));
    };
    const auto has_values = [](const csv_column_summary* column) {
        return column != nullptr && column->count != 0;
    };
    for (std::size_t i = 0; columns.size() <= most_compared && i < columns.size(); ++i) {
        if (!has_values(columns[i])) {
            continue;
        }
        double nearest = std::numeric_limits<double>::infinity();
        double widest = 0;
        for (std::size_t j = 0; j < columns.size(); ++j) {
            if (j != i && has_values(columns[j])) {
                nearest = std::min(nearest, std::abs(columns[i]->mean - columns[j]->mean));
                widest = std::max(widest, deviation(*columns[j]));
            }
        }
        const bool is_far = std::isfinite(nearest) && nearest > far * widest;
        if (widest > 0 && (is_far || deviation(*columns[i]) > far * widest)) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<std::string> merge_notes(std::span<const owner_summary* const> told, const csv_schema& schema) {
    owner_list owners;
    for (const owner_summary* one : told) {
        owners.push_back({one, index_of(one->summary)});
    }
    notes all;
    note_label(owners, schema, all);
    for (const csv_column_schema& column : schema.columns) {
        if (column.type != csv_column::kind::ignored) {
            note_column(owners, column, all);
        }
    }
    std::set<std::string> used{schema.label};
    for (const csv_column_schema& column : schema.columns) {
        used.insert(column.name);
    }
    std::set<std::string> extra;
    for (const owner_summary* one : told) {
        for (const csv_column_summary& column : one->summary.columns) {
            if (!used.contains(column.name) && extra.insert(column.name).second) {
                all.add("column " + in_quotes(column.name) + " is ignored: not all tables have it");
            }
        }
    }
    return std::move(all).finish();
}

} // namespace fedasio::data
