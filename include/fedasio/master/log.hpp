#pragma once

#include <fedasio/master/events.hpp>

#include <memory>
#include <optional>
#include <string>

namespace fedasio::master {

/// A line of the log: what an event says to a person.
struct log_line {
    noticed::severity level = noticed::severity::info;
    bool detail = false; ///< shown at the level `debug` only
    std::string event;   ///< the event's type as in docs/api.md
    std::string text;
};

/// Turns events into lines: one a round at the default level, and what a person must know besides. Keeps what
/// a line needs from earlier events (the plan's last round, when the round began).
class log_writer {
public:
    /// Without details there are no lines of those.
    explicit log_writer(bool details = true) : details_(details) {}

    /// Empty for events that nobody reads in a log.
    [[nodiscard]] std::optional<log_line> describe(const event& happened);

private:
    bool details_;
    std::uint32_t last_round_ = 0;
};

} // namespace fedasio::master
