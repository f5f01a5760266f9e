#pragma once

#include <fedasio/net/frame.hpp>
#include <fedasio/plan/limits.hpp>

#include <cstddef>

/// What the receiver of a frame takes. Whatever is over it ends the connection before anything is allocated
/// for it. docs/protocol.md lists these; tests/wire/limits_test.cpp holds the page to them.
namespace fedasio::wire::limits {

// First the master's.
inline constexpr net::frame_limits stranger{4 * plan::limits::kib, 0}; ///< before the hello was accepted
inline constexpr net::frame_limits notice{64 * plan::limits::kib, 0};
/// Most replies, and the refusals of their requests.
inline constexpr net::frame_limits short_reply{64 * plan::limits::kib, 0};
/// No honest worker exceeds it; parsing more would keep the master from its other workers.
inline constexpr net::frame_limits summary{4 * plan::limits::mib, 0};
inline constexpr std::size_t bytes_a_client = 96;
inline constexpr std::size_t bytes_a_count = 12;

/// The reply to a `load` of so many clients, with counts for so many classes.
constexpr net::frame_limits loaded(std::size_t hosted, std::size_t classes) {
    return {short_reply.meta + (bytes_a_client + bytes_a_count * classes) * hosted, 0};
}

/// The reply to an `evaluate` that asks for so many counts, and for scores in so many cells.
constexpr net::frame_limits evaluation(std::size_t counts, std::size_t cells) {
    return {short_reply.meta + bytes_a_count * (counts + 3 * cells), 0};
}

constexpr net::frame_limits update(std::size_t weights_bytes) {
    return {short_reply.meta, weights_bytes};
}

/// A worker's. It trusts the master that it was sent to, but not without bound: a million clients or a schema
/// of 10,000 categories fit into this.
constexpr net::frame_limits from_master(std::size_t weights_bytes) {
    return {16 * plan::limits::mib, weights_bytes};
}

} // namespace fedasio::wire::limits
