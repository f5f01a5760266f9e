#pragma once

#include <fedasio/data/source_spec.hpp>

#include <span>
#include <string>
#include <vector>

namespace fedasio::data {

/// What the plan says of a column.
enum class csv_role { undeclared, ignored, numeric, categorical, fixed_categorical };

/// The role of each column of a header; the label is numeric in a regression and categorical otherwise.
/// Throws data::error, whose text starts with `where`, if the plan does not fit the header.
std::vector<csv_role> column_roles(const std::string& where, std::span<const std::string> names,
                                   const csv_source& source, bool regression);

/// Throws data::error unless both have the same names, in whatever order: "WHERE: lacks ..., that REFERENCE
/// has".
void require_same_columns(const std::string& where, std::span<const std::string> names,
                          const std::string& reference, std::span<const std::string> reference_names);

} // namespace fedasio::data
