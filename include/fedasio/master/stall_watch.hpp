#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <memory>

namespace fedasio::master {

/// Publishes progress_stalled: while a training goes on and is not paused, nothing has come for the deadline
/// in force, which is what a step of a round may take at most. What comes is an update, the end of a round,
/// or the start of the training. A deadline of 0 is none.
class stall_watch {
public:
    /// Both outlive it, and there is no event after its end.
    stall_watch(net::clock& time, event_source& events);

private:
    void take(const event& happened);
    void note_progress(double time);
    void rest();
    void look();
    void end_stall();
    [[nodiscard]] net::clock::time_point until() const;

    net::clock& time_;
    event_source& events_;
    double deadline_ = 0;
    bool is_training_ = false;
    bool is_stalled_ = false;
    net::clock::time_point last_{};    ///< when something came
    double last_unix_time_ = 0;        ///< the same for people
    std::unique_ptr<net::alarm> look_; ///< while there is something to look for
    std::unique_ptr<net::alarm> end_;  ///< of a stall, as nothing is published inside of an event
};

} // namespace fedasio::master
