#pragma once

#include <fedasio/data/csv.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::data {

/// Reads a table by a schema row by row, in constant memory, for who goes on when a row cannot be used. The
/// table, a file or the files of a folder (see table_files()), needs the columns that become inputs, in any
/// order; the label, ignored columns and others may be there or not.
class csv_rows {
public:
    struct row {
        std::uint64_t line = 0;
        std::string problem; ///< why it cannot be used, with its line and column; empty: it can
        // Of a labelled file whose labels are wanted.
        std::optional<std::int32_t> label_class;
        std::optional<float> label_value; ///< in the unit of the outputs
    };

    /// Throws data::error for a file that cannot be read as a table, or lacks columns; with `wants_labels`
    /// also the label. The schema must outlive it.
    csv_rows(const std::filesystem::path& file, const csv_schema& schema, bool wants_labels);
    ~csv_rows();
    csv_rows(const csv_rows&) = delete;
    csv_rows& operator=(const csv_rows&) = delete;

    /// Columns that the schema does not know.
    [[nodiscard]] std::vector<std::string> extra_columns() const;
    /// The one that holds the row that next() went to last.
    [[nodiscard]] const std::filesystem::path& file() const;
    /// For the features of rows, without any yet.
    [[nodiscard]] table_rows no_rows() const;
    /// Goes on to the next row, and appends its features if it can be used; false at the end of the file.
    /// Throws data::error for what makes the rest unreadable, such as a quote that is never closed.
    bool next(row& into, table_rows& features);

private:
    struct reader;
    std::unique_ptr<reader> reader_;
};

/// What stands in a column, written as in a file.
struct named_field {
    std::string name;
    std::string text;
};

/// The features of one row that is in no file. The label, ignored columns and others may be there or not.
/// Throws data::error, which names the columns that are missing, or the one that cannot be used.
[[nodiscard]] table_rows encode_row(std::span<const named_field> fields, const csv_schema& schema);

/// Those of the names that are no column of the table that the schema was made from.
[[nodiscard]] std::vector<std::string> columns_unknown_to(const csv_schema& schema,
                                                          std::span<const std::string> names);

} // namespace fedasio::data
