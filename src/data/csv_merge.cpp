#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_merge_notes.hpp"
#include "csv_number.hpp"
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

std::vector<std::string> names_of(const csv_summary& summary) {
    std::vector<std::string> names;
    names.reserve(summary.columns.size());
    for (const csv_column_summary& column : summary.columns) {
        names.push_back(column.name);
    }
    return names;
}

/// What no reader of a table would say of a column; empty: it makes sense.
std::string nonsense(const csv_column_summary& column, std::uint64_t rows, bool is_label,
                     const missing_words& missing) {
    constexpr double most = std::numeric_limits<float>::max();
    const auto count = static_cast<double>(column.count);
    if (column.count > rows || column.missing > rows - column.count) {
        return "more values than rows";
    }
    if (is_label && column.count != rows) {
        return "rows without a label";
    }
    const bool is_finite = std::isfinite(column.mean) && std::isfinite(column.m2) && column.m2 >= 0;
    if (!is_finite || std::abs(column.mean) > most || std::sqrt(column.m2) > most * std::sqrt(count)) {
        return "no numbers that fit a float have such a mean and variance";
    }
    if (column.categories.size() > column.count || (column.numeric && !column.categories.empty())) {
        return "more categories than values, or categories of numbers";
    }
    if (std::ranges::adjacent_find(column.categories, std::greater_equal<>()) != column.categories.end()) {
        return "its categories are not sorted, or not all different";
    }
    const bool names_missing = std::ranges::any_of(column.categories, [&](const std::string& name) {
        return name.empty() || (is_label && missing.contains(name));
    });
    return names_missing ? "a category that stands for a missing value" : "";
}

// Of two nobody can tell who is wrong.
constexpr std::size_t fewest_to_outvote = 3;

class merger {
public:
    merger(std::span<const owner_summary> owners, const csv_source& source, bool regression)
        : owners_(owners), source_(source), regression_(regression), missing_(source.notation.missing) {
        for (std::size_t i = 0; i < owners.size(); ++i) {
            active_.push_back(i);
            columns_.push_back(index_of(owners[i].summary));
        }
    }

    merged_schema run() {
        if (owners_.empty()) {
            throw error("there is no summary of any data; at least one owner must have a file");
        }
        exclude_nonsense();
        agree_on_columns();
        agree_on_kinds();
        exclude_outliers();
        exclude_flood();
        if (!active_.empty()) {
            const auto agreed = active_summaries();
            result_.schema = schema_of(agreed, common_names(), source_, regression_);
            result_.notes = merge_notes(active_owners(), *result_.schema);
        }
        std::ranges::sort(result_.excluded, {}, &merged_schema::exclusion::place);
        return std::move(result_);
    }

private:
    void exclude(std::size_t place, std::string reason) {
        std::erase(active_, place);
        result_.excluded.push_back({place, std::move(reason)});
    }

    const csv_summary& summary(std::size_t place) const { return owners_[place].summary; }

    std::vector<const csv_summary*> active_summaries() const {
        std::vector<const csv_summary*> all;
        all.reserve(active_.size());
        for (const std::size_t place : active_) {
            all.push_back(&summary(place));
        }
        return all;
    }

    std::vector<const owner_summary*> active_owners() const {
        std::vector<const owner_summary*> all;
        all.reserve(active_.size());
        for (const std::size_t place : active_) {
            all.push_back(&owners_[place]);
        }
        return all;
    }

    /// "north, south and 3 more"
    std::string names(const std::vector<std::size_t>& places) const {
        constexpr std::size_t most_shown = 5;
        std::string list;
        for (std::size_t i = 0; i < std::min(places.size(), most_shown); ++i) {
            list += (i == 0 ? "" : ", ") + owners_[places[i]].owner;
        }
        return places.size() <= most_shown
                   ? list
                   : list + " and " + std::to_string(places.size() - most_shown) + " more";
    }

    std::string objection_to(std::size_t place) const {
        const csv_summary& told = summary(place);
        if (told.rows == 0 || told.columns.empty()) {
            return "its summary makes no sense: it has no rows or no columns; check that all sides run the "
                   "same version";
        }
        std::set<std::string_view> seen;
        for (const csv_column_summary& column : told.columns) {
            const std::string why = !seen.insert(column.name).second
                                        ? "two columns of this name"
                                        : nonsense(column, told.rows, column.name == source_.label, missing_);
            if (!why.empty()) {
                return "its summary of column " + in_quotes(column.name) + " makes no sense (" + why +
                       "); check that all sides run the same version";
            }
        }
        try {
            const auto roles = column_roles("its table", names_of(told), source_, regression_);
            for (std::size_t i = 0; i < roles.size(); ++i) {
                const csv_column_summary& column = told.columns[i];
                const bool against_plan =
                    column.count != 0 &&
                    ((roles[i] == csv_role::numeric && !column.numeric) ||
                     (roles[i] != csv_role::undeclared && roles[i] != csv_role::numeric && column.numeric));
                if (against_plan) {
                    return "it did not read column " + in_quotes(column.name) +
                           " as the plan declares it; check that all sides use the same plan";
                }
            }
        } catch (const error& e) {
            return e.what();
        }
        return {};
    }

    void exclude_nonsense() {
        for (std::size_t i = 0; i < owners_.size(); ++i) {
            if (auto reason = objection_to(i); !reason.empty()) {
                exclude(i, std::move(reason));
            }
        }
    }

    /// More than half of the owners decide what the columns are.
    void agree_on_columns() {
        if (source_.ignore_extra_columns) {
            return;
        }
        std::map<std::set<std::string>, std::vector<std::size_t>> headers;
        for (const std::size_t place : active_) {
            const auto all = names_of(summary(place));
            headers[{all.begin(), all.end()}].push_back(place);
        }
        if (headers.size() < 2) {
            return;
        }
        const auto& most =
            *std::ranges::max_element(headers, {}, [](const auto& header) { return header.second.size(); });
        const bool is_majority = 2 * most.second.size() > active_.size();
        const std::size_t model = is_majority ? most.second.front() : active_.front();
        const std::vector<std::size_t> asked = active_;
        for (const std::size_t place : asked) {
            const auto own = names_of(summary(place));
            const auto difference = compare_headers(own, names_of(summary(model)));
            if (difference.empty()) {
                continue;
            }
            const std::string text =
                "its header differs from that of " +
                (is_majority ? names(most.second) : owners_[model].owner) + ": " +
                named_difference_text(difference, own) +
                "; all tables need the same columns, in any order, or write "
                "\"extra_columns\": \"ignore\" in data.source to ignore what others lack";
            if (!is_majority) {
                throw error(owners_[place].owner + ": " + text);
            }
            exclude(place, text);
        }
    }

    /// The columns that all owners have, in the order of the first.
    std::vector<std::string> common_names() const {
        std::map<std::string_view, std::size_t> counts;
        for (const std::size_t place : active_) {
            for (const csv_column_summary& column : summary(place).columns) {
                ++counts[column.name];
            }
        }
        std::vector<std::string> common = names_of(summary(active_.front()));
        std::erase_if(common, [&](const std::string& name) { return counts.at(name) < active_.size(); });
        return common;
    }

    void agree_on_kinds() {
        if (active_.empty()) {
            return;
        }
        for (const std::string& name : common_names()) {
            if (name != source_.label && !source_.columns.contains(name)) {
                agree_on_kind(name);
            }
        }
    }

    const csv_column_summary& column(std::size_t place, const std::string& name) const {
        return *columns_[place].at(name);
    }

    void agree_on_kind(const std::string& name) {
        std::vector<std::size_t> numbers;
        std::vector<std::size_t> texts;
        for (const std::size_t place : active_) {
            const csv_column_summary& told = column(place, name);
            if (told.count != 0) {
                (told.numeric ? numbers : texts).push_back(place);
            }
        }
        if (numbers.empty() || texts.empty()) {
            return;
        }
        const std::string text =
            "column " + in_quotes(name) + " has only numbers at " + names(numbers) + ", but text at " +
            names(texts) + example_of_text(texts.front(), name) +
            "; correct the text, add it to \"missing\" in data.source if it stands for a missing "
            "value, or declare the column categorical or ignored in the plan";
        if (numbers.size() == texts.size()) {
            throw error(text);
        }
        for (const std::size_t place : numbers.size() > texts.size() ? texts : numbers) {
            exclude(place, text);
        }
    }

    std::string example_of_text(std::size_t place, const std::string& name) const {
        for (const std::string& category : column(place, name).categories) {
            if (parse_number(category, source_.notation).type == csv_number::kind::text) {
                return " (such as " + in_quotes(category) + ")";
            }
        }
        return " (which was not sent)";
    }

    /// Numbers so far from all others' would leave those alike once all are standardised.
    void exclude_outliers() {
        constexpr double far = 1e6;
        if (active_.size() < fewest_to_outvote || !source_.standardize) {
            return;
        }
        for (const std::string& name : common_names()) {
            if (active_.size() < fewest_to_outvote) {
                return;
            }
            std::vector<const csv_column_summary*> told;
            for (const std::size_t place : active_) {
                const csv_column_summary& own = column(place, name);
                told.push_back(own.numeric ? &own : nullptr);
            }
            if (const auto odd = odd_scale(told, far)) {
                exclude(active_[*odd],
                        "its numbers in column " + in_quotes(name) +
                            " are a million times as far from all others' as those from each other; "
                            "correct them, or their unit");
            }
        }
    }

    /// One owner may not fill what all may have of categories.
    void exclude_flood() {
        if (active_.size() < fewest_to_outvote) {
            return;
        }
        const auto feature_categories = [this](std::size_t place) {
            std::size_t count = 0;
            for (const csv_column_summary& told : summary(place).columns) {
                count += told.categories.size();
            }
            return count;
        };
        std::size_t all = 0;
        for (const std::size_t place : active_) {
            all += feature_categories(place);
        }
        const std::size_t place = *std::ranges::max_element(active_, {}, feature_categories);
        const std::size_t most = feature_categories(place);
        if (all > most_categories && all - most <= most_categories / 2 && most > all / 2) {
            exclude(place, "its table has " + std::to_string(most) +
                               " categories, more than all the others' together (" +
                               std::to_string(all - most) + "), and in all at most " +
                               std::to_string(most_categories) + " are allowed: declare columns ignored");
        }
    }

    std::span<const owner_summary> owners_;
    const csv_source& source_;
    bool regression_;
    missing_words missing_;
    std::vector<columns_by_name> columns_; ///< by owner
    std::vector<std::size_t> active_;
    merged_schema result_;
};

} // namespace

merged_schema merge_owners(std::span<const owner_summary> owners, const csv_source& source, bool regression) {
    return merger(owners, source, regression).run();
}

csv_schema merge(std::span<const csv_summary> summaries, const csv_source& source, bool regression) {
    std::vector<owner_summary> owners;
    owners.reserve(summaries.size());
    for (std::size_t i = 0; i < summaries.size(); ++i) {
        owners.push_back({"owner " + std::to_string(i), summaries[i]});
    }
    merged_schema merged = merge_owners(owners, source, regression);
    if (!merged.excluded.empty()) {
        const auto& first = merged.excluded.front();
        throw error(owners[first.place].owner + ": " + first.reason);
    }
    return *std::move(merged.schema);
}

} // namespace fedasio::data
