#pragma once

#include <fedasio/data/csv.hpp>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fedasio::data {

/// The columns of one owner by name: a search through 100,000 columns for each of them takes too long.
using columns_by_name = std::unordered_map<std::string_view, const csv_column_summary*>;

/// Of a summary that outlives it; of columns of one name the first counts.
columns_by_name index_of(const csv_summary& summary);

/// The schema of these columns, which all the summaries have, and of whose kinds they agree. Throws
/// data::error.
csv_schema schema_of(std::span<const csv_summary* const> summaries, std::span<const std::string> names,
                     const csv_source& source, bool regression);

} // namespace fedasio::data
