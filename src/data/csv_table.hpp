#pragma once

#include <fedasio/data/error.hpp>

#include <csv.h>

#include "text_file.hpp"
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::data {

/// Reads a CSV file row by row, in memory bounded by its longest row (16 MiB at most). The first row is the
/// header. Throws data::error for what is malformed; every row that it returns has as many fields as the
/// header.
class csv_table {
public:
    csv_table(const std::filesystem::path& file, char delimiter);
    ~csv_table();
    csv_table(const csv_table&) = delete;
    csv_table& operator=(const csv_table&) = delete;

    /// The column names, all different.
    const std::vector<std::string>& names() const { return names_; }

    /// "", or what the header would be with another delimiter: "; delimited by ';' it would have 4 columns:
    /// write
    /// ...".
    const std::string& delimiter_hint() const { return delimiter_hint_; }

    /// The usual delimiter that gives the header most columns.
    char better_delimiter() const { return better_delimiter_; }

    /// Goes to the next row; false at the end of the file.
    bool next();

    /// The same for who goes on after a row of another length, by require_length(); next() throws for it.
    bool next_of_any_length() { return next_row(); }

    void require_length() const;

    /// A field of this row; valid until next().
    std::string_view field(std::size_t column) const {
        const std::size_t start = column == 0 ? 0 : ends_[column - 1];
        return std::string_view(text_).substr(start, ends_[column] - start);
    }

    /// The line on which this row starts.
    std::uint64_t line() const { return row_line_; }

    /// An error at this row.
    error fault(const std::string& text) const { return error::at_line(file_, line(), text); }

    /// An error in a field of this row: "column 'NAME': text".
    error fault(std::size_t column, const std::string& text) const;

private:
    static void add_field(void* bytes, std::size_t size, void* table) noexcept;
    static void end_row(int terminator, void* table) noexcept;

    bool next_row();
    bool fill();
    std::string_view take_piece();
    void count_line(std::string_view piece);
    void read_header();

    std::filesystem::path file_;
    char delimiter_;
    char better_delimiter_ = ',';
    text_file stream_;
    std::array<char, 1 << 16> buffer_;
    std::string_view unread_;
    csv_parser parser_{};

    std::vector<std::string> names_;
    std::string delimiter_hint_;
    std::string text_;
    std::vector<std::size_t> ends_;
    bool row_complete_ = false;
    bool in_row_ = false;
    bool after_carriage_return_ = false;
    std::uint64_t line_ = 1;
    std::uint64_t row_line_ = 1;
    std::size_t row_bytes_ = 0;
};

} // namespace fedasio::data
