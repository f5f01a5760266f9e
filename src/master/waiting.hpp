#pragma once

#include <fedasio/net/clock.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <functional>
#include <memory>

namespace fedasio::master {

/// Waits for workers, says every minute what is waited for, and ends a training that has waited too long.
class waiting {
public:
    waiting(const setting& given, run_state& state)
        : setting_(given), state_(state), resumed_(given.rt.executor) {}

    void begin_training();

    /// What is waited from now on counts anew.
    void end_round() noexcept { waited_ = {}; }

    /// Waits until workers have come or gone so that `condition` holds; false at the deadline. Throws
    /// `cancelled`.
    net::awaitable<bool> wait_for(std::function<bool()> condition, net::clock::time_point deadline);
    /// The same until anybody has come, gone or been rejected since the roster's event was reset.
    net::awaitable<bool> wait_for_change(net::clock::time_point deadline);

    /// Until there are workers enough to begin; false if they have not come within `patience`, which counts
    /// only where the process ends with its training.
    net::awaitable<bool> wait_to_start(net::clock::duration patience);
    /// Nobody hosts a client with data: waits for a change since `since`, so that dealing anew may help. What
    /// a training waits in all is bounded: who comes and goes does not prolong it. Throws run_failed, at once
    /// where waiting does not help.
    net::awaitable<void> wait_for_hosts(net::clock::time_point since);

    /// As long as people want a pause. Throws `cancelled`.
    net::awaitable<void> wait_while_paused();

    /// They do not want it any more.
    void resume() { resumed_.set(); }

    /// A master that has nothing to do until somebody orders it to train says so: after a minute, then after
    /// twice as long each time, at most an hour.
    void begin_idling();

    void end_idling() { idle_line_.reset(); }

private:
    void say_idle_in(net::clock::duration pause);

    const setting& setting_;
    run_state& state_;
    net::clock::duration waited_{}; ///< for workers, since the training or the last round that ended
    net::clock::time_point told_;   ///< when it was last said what is waited for
    std::unique_ptr<net::alarm> idle_line_;
    net::event resumed_;
};

} // namespace fedasio::master
