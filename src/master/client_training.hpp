#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/client_memory.hpp"
#include "master/newcomers.hpp"
#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fedasio::master {

/// Lets some clients of a round's cohort train: one gather, in which each of their workers gets the weights,
/// if it does not have them, and trains at its own pace. Each update goes into the round's intake as it
/// comes, and its buffer is released.
class client_training {
public:
    /// `places`: of the clients in the cohort. `safe_round`: the last one that is safe on disk.
    client_training(const setting& given, run_state& state, newcomers& coming, round_state& round,
                    std::vector<std::size_t> places, std::uint32_t safe_round);

    /// Until all have answered, the round has what it needs, or it is `until`. Gives the places of those
    /// whose worker was lost; others without an update are dropped.
    net::awaitable<std::vector<std::size_t>> gather(net::clock::time_point until);

private:
    std::vector<net::connection_ptr> choose_peers();
    [[nodiscard]] net::frame request(std::size_t index) const;
    void judge(std::size_t index, net::frame& reply, net::verdict judged);
    [[nodiscard]] std::string objection_to(std::size_t place, const wire::update& update,
                                           std::size_t bytes) const;
    std::vector<std::size_t> settle(const std::vector<net::gathered>& answers);
    void settle_answer(std::size_t place, const net::gathered& answer, bool had_no_weights);

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    round_state& round_;
    std::vector<std::size_t> places_;
    std::uint32_t safe_round_ = 0;
    std::vector<worker_ptr> receivers_;     ///< of the weights: the first calls; then one for each place
    std::vector<sent_state> kept_;          ///< by the clients, in the order of places_
    std::map<worker_id, std::size_t> open_; ///< clients whose update has not come, by worker
};

} // namespace fedasio::master
