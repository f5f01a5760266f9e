#pragma once

#include <fedasio/master/divergence_watch.hpp>
#include <fedasio/master/plateau_watch.hpp>
#include <fedasio/master/training_goal.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/checkpoints.hpp"
#include "master/collection.hpp"
#include "master/evaluations.hpp"
#include "master/evaluator.hpp"
#include "master/model_files.hpp"
#include "master/newcomers.hpp"
#include "master/own_metrics.hpp"
#include "master/preparation.hpp"
#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/test_data.hpp"
#include "master/waiting.hpp"
#include <span>

namespace fedasio::master {

/// A training: rounds until its goal is reached, or somebody wants its end.
class training {
public:
    training(const setting& given, run_state& state, newcomers& coming, waiting& wait, test_data& tests,
             evaluator& evaluates, model_files& models, checkpoints& safe);

    /// For the setting's plan, which is new.
    void begin_anew();
    /// Goes on from these rounds of an earlier process. A goal that they reached is not trained for again.
    void recall(std::span<const round_result> rounds);

    /// Trains as it was ordered. Gives how it ended; throws run_failed, and what a step throws, if it could
    /// not go on.
    net::awaitable<training_end> run();

    /// The weights seem to lead nowhere: nothing to go on from.
    [[nodiscard]] bool is_suspicious() const noexcept { return divergence_.is_suspicious(); }

private:
    // training.cpp
    net::awaitable<void> begin();
    net::awaitable<void> run_rounds();
    void give_up_round();
    void watch_divergence(const round_state& round, const net::payload& base);
    void restore_good_weights();
    [[nodiscard]] bool is_done() const;

    // round.cpp: the protocol of a round, a step a line.
    net::awaitable<bool> run_round(round_state& round);
    net::awaitable<bool> prepare(round_state& round);

    // finish.cpp: what follows when a round has its weights.
    net::awaitable<void> keep(round_state& round, const net::payload& base);
    net::awaitable<void> test(round_state& round);
    net::awaitable<void> finish(round_state& round);
    net::awaitable<void> finish_untested();
    void count_costs(round_state& round);

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    waiting& waiting_;
    test_data& tests_;
    model_files& models_;
    checkpoints& checkpoints_;
    preparation preparation_;
    collection collection_;
    evaluations evaluations_;
    training_goal goal_;
    divergence_watch divergence_;
    metric_watch watch_;
    plateau_watch plateau_;
};

} // namespace fedasio::master
