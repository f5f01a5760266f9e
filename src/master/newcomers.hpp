#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <string>

namespace fedasio::master {

/// Its version knows what clients do for this strategy.
[[nodiscard]] bool knows_strategy(const worker& who, const method::strategy& strategy);

/// Who comes during a training, or could not take part so far: it loads beside the rounds, and is dealt
/// clients when it is ready.
class newcomers {
public:
    newcomers(const setting& given, run_state& state);

    /// All have another try, but for those that were sent away.
    void begin_training();
    net::awaitable<void> end_training();

    /// It gets no clients, until its data does when it is offered a place again: after a while that doubles
    /// with each rejection, beside the rounds. `is_slow`: nothing is known to be wrong with its data.
    void reject(worker& who, const std::string& reason, bool is_slow = false);
    /// It may load now, if there is anything to load for.
    void offer_place(const worker_ptr& who);

    /// Whether a round had better wait for somebody who is loading: without it not every client that the
    /// round needs has a worker, and it has not been waited for in vain before.
    [[nodiscard]] bool are_awaited() const;
    /// Who loads now was waited for in vain: it may still come, but nobody waits for it again.
    void stop_awaiting();

private:
    net::awaitable<void> prove(worker_ptr who);
    [[nodiscard]] bool is_expected_back(const std::string& owner) const;

    const setting& setting_;
    run_state& state_;
    members& members_;
    net::nursery joining_;
};

} // namespace fedasio::master
