#include "csv_file.hpp"

#include <algorithm>
#include <new>

namespace fedasio::data {

namespace {

constexpr std::size_t longest_row = std::size_t{16} << 20;
// libcsv's buffer grows by as much, and is copied each time; its default of 128 bytes makes long fields
// quadratic.
constexpr std::size_t field_growth = std::size_t{64} << 10;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

} // namespace

csv_file::csv_file(const std::filesystem::path& file, char delimiter) : path_(file), stream_(file) {
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || delimiter == '\0') {
        throw error::in_file(
            file, "the delimiter cannot be a quote, a line end or a zero byte; correct it in the plan");
    }
    fill();
    if (unread_.starts_with(byte_order_mark)) {
        unread_.remove_prefix(byte_order_mark.size());
    }
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        throw std::bad_alloc();
    }
    csv_set_blk_size(&parser_, field_growth);
    csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
}

csv_file::~csv_file() {
    csv_free(&parser_);
}

std::string_view csv_file::first_line() const {
    return unread_.substr(std::min(unread_.find_first_not_of("\r\n"), unread_.size()));
}

// libcsv is given at most one line at a time: so no more than one row ends in a call, and the line is known.
bool csv_file::next(std::string_view hint) {
    text_.clear();
    ends_.clear();
    row_complete_ = false;
    std::size_t row_bytes = 0;
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
        parse(piece, hint);
        in_row_ = !row_complete_ && (in_row_ || piece.find_first_not_of(" \t\r\n") != std::string_view::npos);
        row_bytes = in_row_ ? row_bytes + piece.size() : 0;
        if (row_bytes > longest_row) {
            throw fault("the row is longer than 16 MiB; check whether a quote is left open");
        }
        count_line(piece);
    }
    return row_complete_;
}

void csv_file::parse(std::string_view piece, std::string_view hint) {
    if (csv_parse(&parser_, piece.data(), piece.size(), add_field, end_row, this) == piece.size()) {
        return;
    }
    if (csv_error(&parser_) != CSV_EPARSE) {
        throw std::bad_alloc();
    }
    throw error::at_line(
        path_, line_,
        "a quote stands where none can; put the whole field in quotes and double the quotes inside it" +
            std::string(hint));
}

bool csv_file::fill() {
    unread_ = std::string_view(buffer_.data(), stream_.read(buffer_));
    return !unread_.empty();
}

std::string_view csv_file::take_piece() {
    const std::size_t end = unread_.find_first_of("\r\n");
    const std::string_view piece = unread_.substr(0, end == std::string_view::npos ? end : end + 1);
    unread_.remove_prefix(piece.size());
    return piece;
}

void csv_file::count_line(std::string_view piece) {
    const bool second_half = piece == "\n" && after_carriage_return_;
    after_carriage_return_ = piece.ends_with('\r');
    if (!second_half && (after_carriage_return_ || piece.ends_with('\n'))) {
        ++line_;
    }
}

// Both are called from C, through which no exception may pass: running out of memory ends the program. What
// they take is bounded by the longest row.
void csv_file::add_field(void* bytes, std::size_t size, void* file) noexcept {
    auto& self = *static_cast<csv_file*>(file);
    if (size != 0) {
        self.text_.append(static_cast<const char*>(bytes), size);
    }
    self.ends_.push_back(self.text_.size());
}

void csv_file::end_row(int, void* file) noexcept {
    static_cast<csv_file*>(file)->row_complete_ = true;
}

} // namespace fedasio::data
