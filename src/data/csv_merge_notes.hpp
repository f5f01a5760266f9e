#pragma once

#include <fedasio/data/csv.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::data {

/// The owner whose numbers in a column lie `far` deviations from all the others', or spread so many times as
/// wide, as after a change of the unit. Null: the owner has no such column.
std::optional<std::size_t> odd_scale(std::span<const csv_column_summary* const> columns, double far);

/// What may not be meant in a schema that was made of these summaries.
std::vector<std::string> merge_notes(std::span<const owner_summary* const> owners, const csv_schema& schema);

} // namespace fedasio::data
