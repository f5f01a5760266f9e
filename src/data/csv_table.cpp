#include "csv_table.hpp"

#include <fedasio/data/csv_header.hpp>
#include <fedasio/data/table_files.hpp>

#include "csv_columns.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace fedasio::data {

namespace {

constexpr std::string_view usual_delimiters = ",;\t|";

/// How often `wanted` stands outside of quotes in the first line.
std::size_t count_outside_quotes(std::string_view text, char wanted) {
    std::size_t count = 0;
    bool quoted = false;
    for (const char c : text.substr(0, text.find_first_of("\r\n"))) {
        quoted = c == '"' ? !quoted : quoted;
        count += !quoted && c == wanted ? 1 : 0;
    }
    return count;
}

/// The usual delimiter that cuts a header into more columns than this one; this one if there is none.
char best_delimiter(std::string_view text, char delimiter) {
    std::size_t most = count_outside_quotes(text, delimiter);
    char better = delimiter;
    for (const char other : usual_delimiters) {
        const std::size_t count = count_outside_quotes(text, other);
        if (count > most) {
            most = count;
            better = other;
        }
    }
    return better;
}

std::string hint_of(char better, std::size_t columns) {
    const std::string shown = better == '\t' ? "\\t" : std::string(1, better);
    return "; delimited by \"" + shown + "\" the header would have " + std::to_string(columns) +
           " columns: write \"delimiter\": \"" + shown + "\" in data.source";
}

} // namespace

csv_table::csv_table(const std::filesystem::path& path, char delimiter)
    : files_(table_files(path)), delimiter_(delimiter) {
    open_next();
}

csv_header read_csv_header(const std::filesystem::path& file) {
    // A quote that stands where none can with a comma may be right with another delimiter.
    std::optional<error> first;
    for (const char delimiter : usual_delimiters) {
        try {
            const csv_table table(file, delimiter);
            if (table.better_delimiter() == delimiter) {
                return {delimiter, table.names()};
            }
        } catch (const error& e) {
            first = first ? first : e;
        }
    }
    throw first.value_or(error::in_file(file, "has no header"));
}

error csv_table::fault(std::size_t column, const std::string& text) const {
    return fault("column " + in_quotes(names_[column]) + ": " + text);
}

bool csv_table::next() {
    if (!next_of_any_length()) {
        return false;
    }
    require_length();
    return true;
}

bool csv_table::next_of_any_length() {
    while (!at_->next()) {
        if (opened_ == files_.size()) {
            return false;
        }
        open_next();
    }
    return true;
}

void csv_table::require_length() const {
    if (at_->size() != names_.size()) {
        throw fault("the row has " + std::to_string(at_->size()) + " fields, but the header has " +
                    std::to_string(names_.size()) +
                    "; correct the row, or quote fields that contain the delimiter" +
                    (delimiter_ == ',' && at_->size() > names_.size() ? ", numbers such as 12,5 too" : ""));
    }
}

void csv_table::open_next() {
    at_ = std::make_unique<csv_file>(files_[opened_], delimiter_);
    ++opened_;
    look_at_delimiters();
    auto found = read_header();
    if (opened_ == 1) {
        names_ = std::move(found);
        places_.resize(names_.size());
        std::ranges::generate(places_, [next = std::size_t{0}]() mutable { return next++; });
        return;
    }
    if (const auto difference = compare_headers(found, names_); !difference.empty()) {
        throw fault("the header differs from that of " + files_.front().filename().string() + ": " +
                    difference_text(difference, found) +
                    "; all files of a table need the same columns, in any order" + delimiter_hint_);
    }
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < found.size(); ++i) {
        places.emplace(found[i], i);
    }
    std::ranges::transform(names_, places_.begin(), [&](const auto& name) { return places.at(name); });
}

void csv_table::look_at_delimiters() {
    const auto line = at_->first_line();
    better_delimiter_ = best_delimiter(line, delimiter_);
    delimiter_hint_ = better_delimiter_ == delimiter_
                          ? std::string()
                          : hint_of(better_delimiter_, count_outside_quotes(line, better_delimiter_) + 1);
}

std::vector<std::string> csv_table::read_header() {
    if (!at_->next(delimiter_hint_)) {
        throw error::in_file(at_->path(), "is empty; it needs a header line with the column names, and rows");
    }
    std::vector<std::string> found;
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < at_->size(); ++i) {
        if (!is_utf8(at_->field(i))) {
            throw fault("the name of column " + std::to_string(i + 1) +
                        " is not UTF-8; convert the file, for example by iconv -f windows-1252 -t utf-8");
        }
        // An index column that a spreadsheet or a data frame left without a name.
        const auto text = trimmed(at_->field(i));
        auto name = text.empty() ? "column " + std::to_string(i + 1) : std::string(text);
        const auto [other, is_new] = seen.emplace(name, i);
        if (!is_new) {
            throw fault("columns " + std::to_string(other->second + 1) + " and " + std::to_string(i + 1) +
                        " have the same name; rename one of them");
        }
        found.push_back(std::move(name));
    }
    return found;
}

} // namespace fedasio::data
