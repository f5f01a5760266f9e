#pragma once

#include <fedasio/data/error.hpp>

#include "csv_encoding.hpp"
#include "csv_file.hpp"
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::data {

/// Reads a table row by row: a CSV file, or the files of a folder one after the other (see table_files()),
/// which have the same columns in any order. The first row of a file is its header. Throws data::error for
/// what is malformed; every row that next() returns has as many fields as the header.
class csv_table final : public csv_row {
public:
    csv_table(const std::filesystem::path& path, char delimiter);

    /// The column names, all different, in the order of the first file.
    const std::vector<std::string>& names() const { return names_; }

    /// "", or what the header would be with another delimiter: "; delimited by ';' it would have 4 columns:
    /// write
    /// ...".
    const std::string& delimiter_hint() const { return delimiter_hint_; }

    /// The usual delimiter that gives the header most columns.
    char better_delimiter() const { return better_delimiter_; }

    /// Goes to the next row; false at the end of the table.
    bool next();

    /// The same for who goes on after a row of another length, by require_length(); next() throws for it.
    bool next_of_any_length();

    void require_length() const;

    /// A field of this row; valid until next().
    [[nodiscard]] std::string_view field(std::size_t column) const override {
        return at_->field(places_[column]);
    }

    /// The line of its file on which this row starts.
    std::uint64_t line() const { return at_->line(); }

    /// The file of this row.
    const std::filesystem::path& file() const { return at_->path(); }

    /// Where this row is: "FILE, line 3".
    std::string place() const { return at_->path().string() + ", line " + std::to_string(line()); }

    /// An error at this row.
    error fault(const std::string& text) const { return at_->fault(text); }

    /// An error in a field of this row: "column 'NAME': text".
    [[nodiscard]] error fault(std::size_t column, const std::string& text) const override;

private:
    void open_next();
    std::vector<std::string> read_header();
    void look_at_delimiters();

    std::vector<std::filesystem::path> files_;
    std::size_t opened_ = 0;
    char delimiter_;
    char better_delimiter_ = ',';
    std::string delimiter_hint_;
    std::vector<std::string> names_;
    std::unique_ptr<csv_file> at_;
    std::vector<std::size_t> places_; ///< of each column in a row of the file
};

} // namespace fedasio::data
