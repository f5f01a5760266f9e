#pragma once

#include <fedasio/net/frame.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/wire/limits.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>

namespace fedasio::wire {

/// What does your trainer begin with? Asked of one worker, where the plan leaves the model to trainers. The
/// reply is an `initial_arrays`, whose body is their values.
struct initial {
    std::uint64_t seed = 0; ///< the plan's
};

struct initial_arrays {
    nn::model_arrays arrays;
};

[[nodiscard]] boost::json::object to_meta(const initial& what);
[[nodiscard]] initial read_initial(const boost::json::object& meta);
[[nodiscard]] boost::json::object to_meta(const initial_arrays& what);
[[nodiscard]] initial_arrays read_initial_arrays(const boost::json::object& meta);

namespace limits {
/// The reply to an `initial`.
inline constexpr net::frame_limits initial_arrays{16 * plan::limits::mib,
                                                  plan::limits::parameters * sizeof(float)};
} // namespace limits

} // namespace fedasio::wire
