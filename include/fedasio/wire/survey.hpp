#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/source_spec.hpp>
#include <fedasio/wire/limits.hpp>

#include <boost/json/fwd.hpp>

#include <string>

namespace fedasio::wire {

/// Asks for a summary of the worker's table (CSV only).
struct survey {
    data::source_spec source;
    bool regression = false;
};

[[nodiscard]] boost::json::object to_meta(const survey& what);
[[nodiscard]] survey read_survey(const boost::json::object& meta);

// The reply is a data::csv_summary.
[[nodiscard]] boost::json::object to_meta(const data::csv_summary& what);
[[nodiscard]] data::csv_summary read_summary(const boost::json::object& meta);

/// Why this summary cannot be sent, with the column and what to do; empty: it can.
[[nodiscard]] std::string problem_of_size(const data::csv_summary& what);

namespace limits {
/// The reply. No honest worker exceeds it; parsing more would keep the master from its other workers.
inline constexpr net::frame_limits summary{4 * plan::limits::mib, 0};
} // namespace limits

} // namespace fedasio::wire
