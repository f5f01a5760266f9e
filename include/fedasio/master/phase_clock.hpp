#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/phase.hpp>
#include <fedasio/net/clock.hpp>

#include <array>
#include <cstdint>

namespace fedasio::master {

/// Seconds by phase, in the order of `phase`.
using phase_seconds = std::array<double, phase_count>;

/// In which phase a run is, and how long it was in each.
class phase_clock {
public:
    phase_clock(const net::clock& time, event_source& events)
        : time_(time), events_(events), since_(time.now()) {}

    [[nodiscard]] phase now() const noexcept { return now_; }

    /// Publishes `phase_entered` if that is another phase than the present one, or `waiting`, which may be
    /// for something else each time. `round` is told with it.
    void enter(phase next, std::uint32_t round);

    /// What has passed since it was asked last, the present phase included.
    phase_seconds take_seconds();

private:
    void count();

    const net::clock& time_;
    event_source& events_;
    phase now_ = phase::waiting;
    net::clock::time_point since_;
    phase_seconds seconds_{};
};

/// A round is open in these; in the others the weights are those of the last one that is finished.
constexpr bool is_in_round(phase which) noexcept {
    return which != phase::waiting && which != phase::paused && which != phase::finished &&
           which != phase::failed;
}

} // namespace fedasio::master
