#include "master/training.hpp"

#include <fedasio/text/rare_branch.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/json/object.hpp>

#include "master/attendance.hpp"
#include "master/cancelled.hpp"
#include "master/invariants.hpp"
#include "master/run_failed.hpp"
#include "master/standing.hpp"
#include <cassert>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>
#include <vector>

namespace fedasio::master {
namespace {

constexpr int most_rounds_without_update = 3;
/// A run that was resumed at its end waits for its workers only to tell them so.
constexpr auto farewell = std::chrono::seconds(10);

} // namespace

training::training(const setting& given, run_state& state, newcomers& coming, waiting& wait, test_data& tests,
                   evaluator& evaluates, model_files& models, checkpoints& safe)
    : setting_(given), state_(state), newcomers_(coming), waiting_(wait), tests_(tests), models_(models),
      checkpoints_(safe), preparation_(given, state, coming, wait, tests),
      collection_(given, state, coming, preparation_, wait),
      evaluations_(given, state, coming, preparation_, wait, tests, evaluates) {}

void training::begin_anew() {
    const auto& plan = setting_.plan;
    preparation_.begin_anew();
    evaluations_.begin_anew();
    watch_.begin_anew();
    plateau_ = {};
    std::optional<early_stop> early;
    if (plan.early_stopping) {
        const auto metric = plan::stopping_metric(plan);
        early.emplace(metric, plan::is_better_when_higher(plan, metric), plan.early_stopping->patience,
                      plan.early_stopping->least_change);
    }
    goal_ = training_goal(std::move(early));
}

void training::recall(std::span<const round_result> rounds) {
    goal_.recall(rounds, state_.progress.asked.counts_after());
    for (const auto& round : rounds) {
        plateau_.take(round);
    }
}

bool training::is_done() const {
    // Not before the last round is tested: its result may say so.
    return !checkpoints_.untested() &&
           goal_.reached(state_.progress.asked.in_force(), state_.model.round()).has_value();
}

net::awaitable<training_end> training::run() {
    bool was_cancelled = false;
    try {
        co_await begin();
        co_await run_rounds();
    } catch (const cancelled&) {
        give_up_round();
        was_cancelled = true;
    }
    const auto round = state_.model.round();
    auto end = goal_.reached(state_.progress.asked.in_force(), round);
    if (end && (!was_cancelled || end->outcome == training_outcome::target_reached)) {
        co_return *std::move(end);
    }
    co_return training_end{training_outcome::stopped, "stopped after round " + std::to_string(round)};
}

/// Until there are workers enough for a first round.
net::awaitable<void> training::begin() {
    auto& progress = state_.progress;
    const auto& model = state_.model;
    if (progress.asked.is_new_order(model.round())) {
        goal_.begin();
        // What was asked for is as safe as the rounds that it goes on from.
        if (setting_.keeps_checkpoints() && model.round() > 0) {
            co_await checkpoints_.write();
        }
    }
    progress.begin_training();
    waiting_.begin_training();
    newcomers_.begin_training();
    const auto terms = progress.asked.in_force();
    setting_.events.publish(training_started{model.round() + 1, terms.last_round, terms.target_accuracy});
    co_await tests_.refresh(model);
    if (plan::master_tests(setting_.plan)) {
        co_await finish_untested();
    }
    if (!ready_to_start(setting_, state_.members)) {
        progress.enter(phase::waiting);
        // Whoever wants an end at the end of the training wants one too when it cannot begin.
        const bool came = co_await waiting_.wait_to_start(is_done() ? farewell : setting_.options.patience);
        if (!came && !is_done()) {
            throw run_failed("the workers did not come: " + missing_workers(setting_, state_.members));
        }
    }
    co_await finish_untested();
    progress.take_seconds();
    const bool counts_classes =
        setting_.plan.model.objective == nn::loss::cross_entropy && model.network() != nullptr;
    const auto guessing =
        counts_classes ? std::log(static_cast<double>(model.network()->output().size())) : 0.0;
    divergence_.begin(guessing, model.round(), model.weights());
}

net::awaitable<void> training::run_rounds() {
    auto& progress = state_.progress;
    int without_update = 0;
    co_await throw_if_cancelled();
    while (!progress.asked.is_stopping() && !is_done()) {
        co_await waiting_.wait_while_paused();
        round_state round;
        const bool finished = co_await run_round(round);
        progress.end_round();
        assert(broken_invariant(setting_, state_, checkpoints_).empty());
        if (finished && (divergence_.has_diverged() || (divergence_.is_suspicious() && is_done()))) {
            const auto reason = divergence_.reason();
            restore_good_weights();
            throw run_failed(reason);
        }
        if (finished) {
            without_update = 0;
            waiting_.end_round();
        } else if (!round.result.cohort.empty() && ++without_update >= most_rounds_without_update) {
            if (divergence_.is_suspicious() || 2 * round.diverged > round.result.cohort.size()) {
                restore_good_weights();
            }
            throw run_failed(
                fmt::format("round {} got {} in {} attempts; the last reason: {}", progress.running_round(),
                            setting_.plan.require_all ? "not every client's update" : "no update",
                            without_update, round.trouble));
        }
        co_await throw_if_cancelled();
    }
}

/// Workers need not finish what it asked for.
void training::give_up_round() {
    if (!state_.progress.is_in_open_round()) {
        return;
    }
    text::passes(text::rare_branch::round_given_up);
    const wire::cancel message{state_.progress.running_round()};
    for (const auto& [id, who] : state_.members.roster.all()) {
        who->connection->send(net::frame(wire::message_type::cancel, wire::to_meta(message)));
        set_state(setting_, *who, worker_state::ready);
    }
}

/// What clients lost in a round, with the weights that they were given.
void training::watch_divergence(const round_state& round, const net::payload& base) {
    std::vector<double> losses(round.diverged, std::numeric_limits<double>::infinity());
    for (const auto& update : round.updates) {
        if (update) {
            losses.push_back(update->loss);
        }
    }
    divergence_.take(round.result.round, std::move(losses), base);
}

/// The present ones lead nowhere. What the master's optimizer remembers led there, so it is forgotten.
void training::restore_good_weights() {
    if (!divergence_.good_weights().empty()) {
        const auto& arrays = state_.model.arrays();
        state_.model.replace(make_model_state(*setting_.plan.strategy, divergence_.good_weights(), {},
                                              arrays.size() - arrays.shared()));
        divergence_.calm();
    }
}

} // namespace fedasio::master
