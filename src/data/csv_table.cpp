#include "csv_table.hpp"

#include <fedasio/data/csv_header.hpp>

#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>

namespace fedasio::data {

namespace {

constexpr std::size_t longest_row = std::size_t{16} << 20;
// libcsv's buffer grows by as much, and is copied each time; its default of 128 bytes makes long fields
// quadratic.
constexpr std::size_t field_growth = std::size_t{64} << 10;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
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

csv_table::csv_table(const std::filesystem::path& file, char delimiter)
    : file_(file), delimiter_(delimiter), stream_(file) {
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || delimiter == '\0') {
        throw error::in_file(
            file, "the delimiter cannot be a quote, a line end or a zero byte; correct it in the plan");
    }
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        throw std::bad_alloc();
    }
    csv_set_blk_size(&parser_, field_growth);
    csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
    try {
        read_header();
    } catch (...) {
        csv_free(&parser_);
        throw;
    }
}

csv_table::~csv_table() {
    csv_free(&parser_);
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
    if (!next_row()) {
        return false;
    }
    require_length();
    return true;
}

void csv_table::require_length() const {
    if (ends_.size() != names_.size()) {
        throw fault("the row has " + std::to_string(ends_.size()) + " fields, but the header has " +
                    std::to_string(names_.size()) +
                    "; correct the row, or quote fields that contain the delimiter" +
                    (delimiter_ == ',' && ends_.size() > names_.size() ? ", numbers such as 12,5 too" : ""));
    }
}

void csv_table::read_header() {
    fill();
    if (unread_.starts_with(byte_order_mark)) {
        unread_.remove_prefix(byte_order_mark.size());
    }
    const auto line = unread_.substr(std::min(unread_.find_first_not_of("\r\n"), unread_.size()));
    better_delimiter_ = best_delimiter(line, delimiter_);
    if (better_delimiter_ != delimiter_) {
        delimiter_hint_ = hint_of(better_delimiter_, count_outside_quotes(line, better_delimiter_) + 1);
    }
    if (!next_row()) {
        throw error::in_file(file_, "is empty; it needs a header line with the column names, and rows");
    }
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
        if (!is_utf8(field(i))) {
            throw fault("the name of column " + std::to_string(i + 1) +
                        " is not UTF-8; convert the file, for example by iconv -f windows-1252 -t utf-8");
        }
        // An index column that a spreadsheet or a data frame left without a name.
        const auto text = trimmed(field(i));
        auto name = text.empty() ? "column " + std::to_string(i + 1) : std::string(text);
        const auto [other, is_new] = seen.emplace(name, i);
        if (!is_new) {
            throw fault("columns " + std::to_string(other->second + 1) + " and " + std::to_string(i + 1) +
                        " have the same name; rename one of them");
        }
        names_.push_back(std::move(name));
    }
}

// libcsv is given at most one line at a time: so no more than one row ends in a call, and the line is known.
bool csv_table::next_row() {
    text_.clear();
    ends_.clear();
    row_complete_ = false;
    row_bytes_ = 0;
    while (!row_complete_) {
        if (unread_.empty() && !fill()) {
            if (csv_fini(&parser_, add_field, end_row, this) != 0) {
                throw fault("a quoted field that starts in this row is never closed; add the missing quote");
            }
            in_row_ = false;
            break;
        }
        const std::string_view piece = take_piece();
        if (!in_row_) {
            row_line_ = line_;
        }
        if (csv_parse(&parser_, piece.data(), piece.size(), add_field, end_row, this) != piece.size()) {
            if (csv_error(&parser_) != CSV_EPARSE) {
                throw std::bad_alloc();
            }
            throw error::at_line(
                file_, line_,
                std::string("a quote stands where none can; put the whole field in quotes and double the "
                            "quotes inside it") +
                    (names_.empty() ? delimiter_hint_ : std::string()));
        }
        in_row_ = !row_complete_ && (in_row_ || piece.find_first_not_of(" \t\r\n") != std::string_view::npos);
        row_bytes_ = in_row_ ? row_bytes_ + piece.size() : 0;
        if (row_bytes_ > longest_row) {
            throw fault("the row is longer than 16 MiB; check whether a quote is left open");
        }
        count_line(piece);
    }
    return row_complete_;
}

bool csv_table::fill() {
    unread_ = std::string_view(buffer_.data(), stream_.read(buffer_));
    return !unread_.empty();
}

std::string_view csv_table::take_piece() {
    const std::size_t end = unread_.find_first_of("\r\n");
    const std::string_view piece = unread_.substr(0, end == std::string_view::npos ? end : end + 1);
    unread_.remove_prefix(piece.size());
    return piece;
}

void csv_table::count_line(std::string_view piece) {
    const bool second_half = piece == "\n" && after_carriage_return_;
    after_carriage_return_ = piece.ends_with('\r');
    if (!second_half && (after_carriage_return_ || piece.ends_with('\n'))) {
        ++line_;
    }
}

// Both are called from C, through which no exception may pass: running out of memory ends the program. What
// they take is bounded by the longest row.
void csv_table::add_field(void* bytes, std::size_t size, void* table) noexcept {
    auto& self = *static_cast<csv_table*>(table);
    if (size != 0) {
        self.text_.append(static_cast<const char*>(bytes), size);
    }
    self.ends_.push_back(self.text_.size());
}

void csv_table::end_row(int, void* table) noexcept {
    static_cast<csv_table*>(table)->row_complete_ = true;
}

} // namespace fedasio::data
