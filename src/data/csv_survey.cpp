#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_columns.hpp"
#include "csv_guess.hpp"
#include "csv_look.hpp"
#include "csv_number.hpp"
#include "csv_table.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

namespace fedasio::data {

namespace {

struct column_state {
    csv_role role = csv_role::undeclared;
    bool is_label = false;
    bool is_declared = false;
    csv_column_summary summary;
    std::unordered_set<std::string> fixed; ///< a fixed category is no missing value, whatever it looks like
    column_texts texts;
    std::string problem;
    std::unordered_set<std::string> found;
    std::size_t found_numbers = 0;
    std::map<std::string, std::string> classes; ///< by canonical number, as they are written

    bool collects() const {
        return problem.empty() &&
               (role == csv_role::categorical || (role == csv_role::undeclared && texts.others() != 0));
    }
};

void add_number(csv_column_summary& column, double value) {
    const double delta = value - column.mean;
    column.mean += delta / static_cast<double>(column.count);
    column.m2 += delta * (value - column.mean);
}

/// Reads a table once for counts and moments, and once more for categories.
class surveyor {
public:
    surveyor(const std::filesystem::path& file, const csv_source& source, bool regression)
        : file_(file), source_(source), regression_(regression), missing_(source.notation.missing) {}

    csv_survey run() {
        csv_table table(file_, source_.delimiter);
        prepare(table);
        count(table);
        if (std::ranges::any_of(columns_, &column_state::collects)) {
            csv_table again(file_, source_.delimiter);
            collect(again);
        }
        for (column_state& column : columns_) {
            settle(column);
        }
        note_names();
        for (column_state& column : columns_) {
            if (!column.problem.empty()) {
                result_.problems.push_back(std::move(column.problem));
            }
            result_.summary.columns.push_back(std::move(column.summary));
        }
        return std::move(result_);
    }

private:
    void prepare(const csv_table& table) {
        const std::vector<csv_role> roles =
            column_roles(table.place(), table.names(), source_, regression_, table.delimiter_hint());
        columns_.resize(roles.size());
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            column_state& column = columns_[i];
            column.role = roles[i];
            column.is_label = table.names()[i] == source_.label;
            column.summary.name = table.names()[i];
            label_ = column.is_label ? i : label_;
            if (const auto declared = source_.columns.find(column.summary.name);
                declared != source_.columns.end()) {
                column.is_declared = true;
                column.fixed.insert(declared->second.categories.begin(), declared->second.categories.end());
            }
        }
    }

    bool is_missing(const csv_table& row, std::size_t i) const {
        const std::string_view field = row.field(i);
        return missing_.contains(field) &&
               (columns_[i].fixed.empty() || !columns_[i].fixed.contains(std::string(field)));
    }

    /// False for a row that is left out.
    bool counts(const csv_table& row) const { return !source_.skip_unlabelled || !is_missing(row, label_); }

    void count(csv_table& table) {
        csv_summary& summary = result_.summary;
        while (table.next()) {
            if (!counts(table)) {
                ++summary.left_out;
                continue;
            }
            ++summary.rows;
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (columns_[i].role != csv_role::ignored) {
                    add_value(table, i, columns_[i]);
                }
            }
        }
        if (summary.rows == 0) {
            throw error::in_file(file_, summary.left_out == 0 ? "has a header, but no rows; add data"
                                                              : "has no row with a label; fill some in");
        }
    }

    void add_value(const csv_table& row, std::size_t i, column_state& column) const {
        if (is_missing(row, i)) {
            ++column.summary.missing;
            if (column.is_label && column.problem.empty()) {
                column.problem = row.fault(i, missing_label_text(row.field(i))).what();
            }
            return;
        }
        ++column.summary.count;
        const std::string_view field = row.field(i);
        if (column.role == csv_role::fixed_categorical) {
            return;
        }
        const csv_number number = parse_number(field, source_.notation);
        column.texts.add(row.line(), field, number, source_.notation);
        if (column.role == csv_role::categorical) {
            return;
        }
        if (number.type == csv_number::kind::finite) {
            add_number(column.summary, number.value);
        } else if (column.role == csv_role::numeric && column.problem.empty()) {
            column.problem = row.fault(i, not_a_number_text(field, number, source_.notation)).what();
        }
    }

    void collect(csv_table& table) {
        while (table.next()) {
            if (!counts(table)) {
                continue;
            }
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (columns_[i].collects() && !is_missing(table, i)) {
                    collect_value(table, i, columns_[i]);
                }
            }
        }
    }

    void collect_value(const csv_table& row, std::size_t i, column_state& column) {
        const std::string_view field = row.field(i);
        const auto [value, is_new] = column.found.emplace(field);
        if (!is_new) {
            return;
        }
        if (!is_utf8(*value)) {
            column.problem =
                row.fault(i, in_quotes(*value) + " is not UTF-8; convert the file, for example by "
                                                 "iconv -f windows-1252 -t utf-8")
                    .what();
            return;
        }
        const bool guessed = column.role == csv_role::undeclared;
        if (guessed && value->size() > longest_guessed_category) {
            column.problem = row.fault(i, free_text_text(*value)).what();
            return;
        }
        column.found_numbers += parse_number(*value, source_.notation).type == csv_number::kind::text ? 0 : 1;
        features_found_ += column.is_label ? 0 : 1;
        const std::size_t found = column.is_label ? column.found.size() : features_found_;
        if (guessed && column.found.size() > most_guessed_categories) {
            column.problem = row.fault(i, too_many_guessed_text(column.summary.count)).what();
        } else if (found > most_categories) {
            column.problem = row.fault(i, too_many_text(column.is_label)).what();
        }
    }

    void settle(column_state& column) {
        csv_column_summary& summary = column.summary;
        if (column.role == csv_role::ignored) {
            return;
        }
        summary.numeric = column.role == csv_role::numeric ||
                          (column.role == csv_role::undeclared && column.texts.others() == 0);
        if (column.problem.empty()) {
            const bool is_guessed =
                column.is_label ? !regression_ && !column.is_declared : column.role == csv_role::undeclared;
            const distinct_texts distinct{column.found.size(), column.found_numbers};
            const auto text = is_guessed
                                  ? (column.is_label ? column.texts.objection_to_label(distinct)
                                                     : column.texts.objection(distinct, source_.notation))
                                  : std::string();
            if (!text.empty()) {
                column.problem = error::in_file(file_, "column " + in_quotes(summary.name) + text).what();
            }
        }
        if (summary.numeric) {
            note_numbers(column);
            return;
        }
        summary.mean = 0;
        summary.m2 = 0;
        if (column.is_label) {
            take_classes(column);
        } else if (column.problem.empty()) {
            summary.categories.assign(column.found.begin(), column.found.end());
            std::ranges::sort(summary.categories);
        }
    }

    /// One class for all ways to write a number; written as in the table if that is one way.
    void take_classes(column_state& column) {
        if (!column.problem.empty()) {
            return;
        }
        std::map<std::string, std::string> classes;
        for (const std::string& written : column.found) {
            const std::string one = canonical_number(trimmed(written), source_.notation);
            const auto [place, is_new] = classes.emplace(one, written);
            if (!is_new) {
                place->second = one;
            }
        }
        for (const auto& [one, written] : classes) {
            column.summary.categories.push_back(written);
        }
        std::ranges::sort(column.summary.categories);
    }

    void note_numbers(const column_state& column) {
        if (column.role != csv_role::undeclared) {
            return;
        }
        const std::string name = "column " + in_quotes(column.summary.name);
        if (column.texts.counts_up()) {
            result_.notes.push_back(name +
                                    " counts up by 1 from row to row: if it is an index, declare it ignored");
        }
        if (column.texts.leading_zero().line != 0) {
            result_.notes.push_back(name + " is read as numbers, though some have leading zeros (" +
                                    in_quotes(column.texts.leading_zero().value) +
                                    "): if they are codes, declare it categorical or ignored");
        }
    }

    /// Names that people take for the same.
    void note_names() {
        if (std::ranges::all_of(columns_, [](const column_state& column) {
                return parse_number(column.summary.name, {}).type == csv_number::kind::finite;
            })) {
            result_.notes.push_back(
                "all names in the header are numbers: does the table lack a header line?");
        }
        std::map<std::string, std::string> seen;
        for (const column_state& column : columns_) {
            const auto [other, is_new] = seen.emplace(lower_case(column.summary.name), column.summary.name);
            if (!is_new) {
                result_.notes.push_back("columns " + in_quotes(other->second) + " and " +
                                        in_quotes(column.summary.name) + " differ in case only");
            }
        }
    }

    std::filesystem::path file_;
    const csv_source& source_;
    bool regression_;
    missing_words missing_;
    std::vector<column_state> columns_;
    std::size_t label_ = 0;
    std::size_t features_found_ = 0;
    csv_survey result_;
};

} // namespace

csv_survey survey_csv(const std::filesystem::path& file, const csv_source& source, bool regression) {
    return surveyor(file, source, regression).run();
}

void require_no_problems(const csv_survey& survey) {
    if (survey.problems.empty()) {
        return;
    }
    const std::size_t others = survey.problems.size() - 1;
    throw error(survey.problems.front() +
                (others == 0 ? std::string()
                             : " (and " + std::to_string(others) +
                                   (others == 1 ? " more column has" : " more columns have") +
                                   " problems: `fedasio inspect` lists them)"));
}

csv_summary summarize_csv(const std::filesystem::path& file, const csv_source& source, bool regression) {
    csv_survey survey = survey_csv(file, source, regression);
    require_no_problems(survey);
    return std::move(survey.summary);
}

} // namespace fedasio::data
