#include <fedasio/net/runtime.hpp>

#include "master/attendance.hpp"
#include "master/cancelled.hpp"
#include "master/cohort.hpp"
#include "master/step.hpp"
#include "master/training.hpp"

namespace fedasio::master {

/// The protocol of a round, a step a line: prepare and choose, collect, combine and step, keep, evaluate.
/// True if the round is finished; false if nobody sent an update that counts. Throws `cancelled` before there
/// are new weights.
net::awaitable<bool> training::run_round(round_state& round) {
    const bool has_cohort = co_await prepare(round);
    if (!has_cohort) {
        co_return false;
    }
    const auto safe_round = setting_.keeps_checkpoints() ? checkpoints_.safe_round() : state_.model.round();
    co_await collection_.collect(round, safe_round);
    if (round.count() == 0 || (setting_.plan.require_all && round.count() < round.needed)) {
        settle_pace(setting_, state_.members, round);
        co_return false;
    }
    const auto base = state_.model.weights();
    co_await step(setting_, state_, round);
    co_await keep_states(setting_, state_.memory, round, checkpoints_.earliest_round());
    co_await keep(round, base);
    co_await test(round);
    co_await finish(round);
    co_return true;
}

/// Workers are made ready, and the cohort is chosen among their clients. Without one it waits until it may be
/// another time.
net::awaitable<bool> training::prepare(round_state& round) {
    auto& progress = state_.progress;
    const auto began = setting_.rt.time.now();
    round.sent_before = state_.members.roster.bytes_sent();
    round.received_before = state_.members.roster.bytes_received();
    co_await throw_if_cancelled();
    progress.begin_round();
    co_await preparation_.prepare(progress.deadline());
    if (is_done()) {
        co_return false;
    }
    round.result.round = progress.running_round();
    if (has_clients_enough(setting_, state_)) {
        preparation_.tell_absent_owners();
        preparation_.advise();
        choose_cohort(setting_, state_, round);
    }
    if (!round.result.cohort.empty()) {
        progress.begin_cohort();
        co_return true;
    }
    progress.end_round();
    if (!progress.asked.is_stopping()) {
        co_await waiting_.wait_for_hosts(began);
    }
    co_return false;
}

} // namespace fedasio::master
