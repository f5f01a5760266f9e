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

/// Reads a CSV file row by row, in memory bounded by its longest row (16 MiB at most). Throws data::error for
/// what is malformed.
class csv_file {
public:
    csv_file(const std::filesystem::path& file, char delimiter);
    ~csv_file();
    csv_file(const csv_file&) = delete;
    csv_file& operator=(const csv_file&) = delete;

    /// The line that is not read yet, as far as the file's first 64 KiB show it.
    [[nodiscard]] std::string_view first_line() const;

    /// Goes to the next row, whatever its length; false at the end of the file. `hint` ends the text of an
    /// error of its quotes.
    bool next(std::string_view hint = {});

    /// Of this row.
    [[nodiscard]] std::size_t size() const { return ends_.size(); }

    /// A field of this row; valid until next().
    [[nodiscard]] std::string_view field(std::size_t place) const {
        const std::size_t start = place == 0 ? 0 : ends_[place - 1];
        return std::string_view(text_).substr(start, ends_[place] - start);
    }

    /// The line on which this row starts.
    [[nodiscard]] std::uint64_t line() const { return row_line_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// An error at this row.
    [[nodiscard]] error fault(const std::string& text) const { return error::at_line(path_, line(), text); }

private:
    static void add_field(void* bytes, std::size_t size, void* file) noexcept;
    static void end_row(int terminator, void* file) noexcept;

    bool fill();
    std::string_view take_piece();
    void parse(std::string_view piece, std::string_view hint);
    void count_line(std::string_view piece);

    std::filesystem::path path_;
    text_file stream_;
    std::array<char, 1 << 16> buffer_;
    std::string_view unread_;
    csv_parser parser_{};

    // This row.
    std::string text_;
    std::vector<std::size_t> ends_;
    bool row_complete_ = false;
    bool in_row_ = false;
    std::uint64_t row_line_ = 1;

    std::uint64_t line_ = 1;
    bool after_carriage_return_ = false;
};

} // namespace fedasio::data
