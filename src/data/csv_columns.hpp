#pragma once

#include <fedasio/data/source_spec.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fedasio::data {

/// What the plan says of a column.
enum class csv_role { undeclared, ignored, numeric, categorical, fixed_categorical };

/// The role of each column of a header; the label is numeric in a regression and categorical otherwise.
/// Throws data::error, whose text starts with `where`, if the plan does not fit the header. `hint` is what
/// may be wrong if a column is not there.
std::vector<csv_role> column_roles(const std::string& where, std::span<const std::string> names,
                                   const csv_source& source, bool regression, const std::string& hint = {});

/// How the headers of two tables differ.
struct header_difference {
    std::vector<std::string> lacking;
    std::vector<std::size_t> extra; ///< places of columns in the header, from 0

    bool empty() const { return lacking.empty() && extra.empty(); }
};

header_difference compare_headers(std::span<const std::string> names,
                                  std::span<const std::string> reference_names);

/// "it lacks 'a', and has in addition column 2", with columns whose names differ in case only. Extra columns
/// by their places: a file that is not the table that was asked for may hold secrets.
std::string difference_text(const header_difference& difference, std::span<const std::string> names);
/// The same, but with the names of extra columns.
std::string named_difference_text(const header_difference& difference, std::span<const std::string> names);

} // namespace fedasio::data
