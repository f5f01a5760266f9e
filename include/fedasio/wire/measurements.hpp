#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>

namespace fedasio::wire {

/// Of the worker process, for people.
struct measurements {
    double cpu_percent = 0; ///< of one core, over the last second
    std::uint64_t memory_bytes = 0;
};

[[nodiscard]] boost::json::object to_meta(const measurements& what);
[[nodiscard]] measurements read_measurements(const boost::json::object& meta);

} // namespace fedasio::wire
