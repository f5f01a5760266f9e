#pragma once

#include <fedasio/net/frame.hpp>
#include <fedasio/plan/limits.hpp>

#include <cstddef>

/// What the receiver of a frame takes. Whatever is over it ends the connection before anything is allocated
/// for it. What belongs to the reply of one message stands with it: load.hpp, survey.hpp, train.hpp,
/// evaluate.hpp. docs/protocol.md lists all; tests/wire/limits_test.cpp holds the page to them.
namespace fedasio::wire::limits {

// First the master's.
inline constexpr net::frame_limits stranger{4 * plan::limits::kib, 0}; ///< before the hello was accepted
inline constexpr net::frame_limits notice{64 * plan::limits::kib, 0};
/// Most replies, and the refusals of their requests.
inline constexpr net::frame_limits short_reply{64 * plan::limits::kib, 0};
inline constexpr std::size_t bytes_a_count = 12;

using plan::limits::state_vectors;

/// A worker's. It trusts the master that it was sent to, but not without bound: a million clients or a schema
/// of 10,000 categories fit into this. `weights_bytes` are those of the global weights, `channels` the
/// vectors that the plan's strategy sends with them; `with_state`: the master keeps the clients' states.
constexpr net::frame_limits from_master(std::size_t weights_bytes, std::size_t channels = 0,
                                        bool with_state = false) {
    // Weights and channels come in one frame, and a client's state in another.
    const auto vectors = 1 + channels;
    return {16 * plan::limits::mib,
            weights_bytes * (with_state && vectors < state_vectors ? state_vectors : vectors)};
}

} // namespace fedasio::wire::limits
