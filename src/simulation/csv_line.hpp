#pragma once

#include <fedasio/simulation/sweep_results.hpp>

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <vector>

namespace fedasio::simulation {

/// A line of CSV (RFC 4180): null is an empty field, a string stands without its quotes, all else is JSON.
[[nodiscard]] std::string csv_line(std::span<const boost::json::value> fields);

/// Every place that a row has a value for, in the order of the rows.
[[nodiscard]] std::vector<std::string> paths_of(std::span<const sweep_row> rows);

} // namespace fedasio::simulation
