#pragma once

#include <fedasio/net/gather.hpp>
#include <fedasio/wire/limits.hpp>

#include <chrono>
#include <string>

namespace fedasio::master {

/// What the owner of a client gets to be there again, or a worker with room for it, before a round goes on
/// without the client.
inline constexpr auto time_to_come_back = std::chrono::seconds(5);

/// What most requests to a worker are answered with.
inline constexpr net::frame_limits short_meta = wire::limits::short_reply;

/// Why an answer is none, for people.
inline std::string describe(const net::gathered& answer) {
    return answer.reason.empty() ? net::to_string(answer.result) : answer.reason;
}

/// The same of a worker that is left out because of it.
inline std::string why_left_out(const net::gathered& answer) {
    return answer.result == net::outcome::timed_out ? "it did not load its data within the plan's deadline"
                                                    : describe(answer);
}

} // namespace fedasio::master
