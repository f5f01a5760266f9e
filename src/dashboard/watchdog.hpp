#pragma once

#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>

#include "wire.hpp"
#include <memory>

namespace fedasio::dashboard {

/// Closes a connection when a deadline passes, which ends whatever waits on it. The connection must outlive
/// it.
class watchdog {
public:
    watchdog(net::runtime& rt, wire& guarded) : time_(rt.time), guarded_(guarded) {}

    /// Replaces the deadline by one that is `patience` away.
    void arm(net::clock::duration patience) {
        alarm_ = time_.at(time_.now() + patience, [this] {
            fired_ = true;
            guarded_.close();
        });
    }

    void disarm() noexcept { alarm_.reset(); }

    [[nodiscard]] bool has_fired() const noexcept { return fired_; }

private:
    net::clock& time_;
    wire& guarded_;
    std::unique_ptr<net::alarm> alarm_;
    bool fired_ = false;
};

} // namespace fedasio::dashboard
