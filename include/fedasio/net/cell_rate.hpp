#pragma once

#include <fedasio/net/clock.hpp>

#include <algorithm>

namespace fedasio::net {

/// `burst` times at once, and then once in each `interval`.
struct rate {
    int burst = 1;
    clock::duration interval{};
};

/// Says how often something may happen: the generic cell rate algorithm (ITU-T I.371), which needs one
/// number.
class cell_rate {
public:
    /// How long it must wait; zero: it may happen now.
    [[nodiscard]] clock::duration wait(const rate& allowed, clock::time_point now) const {
        const auto due = std::max(now, due_);
        return std::max(clock::duration{}, due - now - allowed.interval * (allowed.burst - 1));
    }

    /// It happens, allowed or not.
    void count(const rate& allowed, clock::time_point now) { due_ = std::max(due_, now) + allowed.interval; }

    /// When all that happened will be forgotten.
    [[nodiscard]] clock::time_point forgotten() const noexcept { return due_; }

private:
    clock::time_point due_ = clock::time_point::min();
};

} // namespace fedasio::net
