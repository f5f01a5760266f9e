#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include "csv_words.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fedasio::data {

/// The fields of one row, by their places in the header.
class csv_row {
public:
    virtual ~csv_row() = default;

    [[nodiscard]] virtual std::string_view field(std::size_t column) const = 0;
    /// An error in a field: "column 'NAME': text", behind where the row is.
    [[nodiscard]] virtual error fault(std::size_t column, const std::string& text) const = 0;

protected:
    csv_row() = default;
    csv_row(const csv_row&) = default;
    csv_row& operator=(const csv_row&) = default;
};

/// How the rows under a header become inputs by a schema, which must outlive it.
class csv_encoding {
public:
    /// What is wrong with a header.
    struct misfit {
        std::string where;          ///< the header is
        std::string delimiter_hint; ///< see csv_table::delimiter_hint()
    };

    /// With `inputs_only` the header needs the columns that become inputs, and may have others. Throws
    /// data::error.
    csv_encoding(std::span<const std::string> names, const misfit& place, const csv_schema& schema,
                 bool inputs_only = false);

    [[nodiscard]] std::size_t width() const { return width_; }

    [[nodiscard]] bool has_label() const { return has_label_; }

    /// For add_features().
    [[nodiscard]] table_rows no_rows() const;
    /// Appends a row; if it throws, `to` has too much.
    void add_features(const csv_row& row, table_rows& to) const;
    /// Why the schema leaves a row out; empty: it does not.
    [[nodiscard]] std::string left_out(const csv_row& row) const;
    [[nodiscard]] std::int32_t class_of(const csv_row& row) const;
    [[nodiscard]] float target_of(const csv_row& row) const;

private:
    /// The position of each name in a list that outlives this.
    using name_index = std::unordered_map<std::string_view, std::size_t>;

    /// How a column of this table becomes inputs.
    struct encoder {
        std::size_t file_column = 0;
        const csv_column_schema* schema = nullptr;
        std::size_t first_input = 0;
        name_index categories;
    };

    [[nodiscard]] static name_index index_of(std::span<const std::string> names);
    /// The positions of classes under all ways to write them.
    [[nodiscard]] static name_index class_index(const csv_schema& schema,
                                                std::vector<std::string>& canonical);
    [[nodiscard]] bool is_missing(const csv_row& row, std::size_t column, const name_index& known) const;
    void require_label(const csv_row& row) const;
    [[nodiscard]] std::optional<std::size_t> find_class(const csv_row& row) const;
    [[nodiscard]] std::optional<std::size_t> place_of(const csv_row& row, const encoder& column) const;
    [[nodiscard]] double parsed(const csv_row& row, std::size_t column) const;
    [[nodiscard]] float number(const csv_row& row, const encoder& column) const;

    const csv_schema& schema_;
    missing_words missing_;
    std::vector<std::string> canonical_classes_;
    name_index classes_;
    std::size_t width_;
    std::size_t label_ = 0;
    bool has_label_ = false;
    std::vector<encoder> encoders_;
};

} // namespace fedasio::data
