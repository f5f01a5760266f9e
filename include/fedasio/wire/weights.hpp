#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>

namespace fedasio::wire {

/// Announces the body: the global weights, little-endian float32. A worker keeps the latest version only.
struct weights {
    std::uint32_t version = 0;
};

[[nodiscard]] boost::json::object to_meta(const weights& what);
[[nodiscard]] weights read_weights(const boost::json::object& meta);

} // namespace fedasio::wire
