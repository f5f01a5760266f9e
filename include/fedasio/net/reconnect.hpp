#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include <chrono>
#include <functional>

namespace fedasio::net {

/// Exponential back-off with full jitter: attempt n waits a random time up to min(longest, first * 2^n), so
/// that a thousand workers do not return in step.
struct backoff {
    clock::duration first = std::chrono::milliseconds(100);
    clock::duration longest = std::chrono::seconds(5);
    /// How long to try in all before `errc::gave_up`.
    clock::duration give_up = std::chrono::minutes(5);

    /// The pause after `attempt` failed attempts (0 for the first), drawn with `entropy`; at least a tenth of
    /// the range.
    [[nodiscard]] clock::duration pause(unsigned attempt, std::uint64_t entropy) const;
};

/// Opens one stream, once.
using dialer = std::function<awaitable<opened>()>;
/// Is told of each failed attempt and the pause that follows.
using retry_handler = std::function<void(error_code why, clock::duration pause)>;

/// Dials until it succeeds or `policy.give_up` has passed.
awaitable<opened> dial_until_connected(runtime& rt, dialer dial, backoff policy, retry_handler on_retry = {});

} // namespace fedasio::net
