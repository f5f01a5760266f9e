#include <fedasio/net/runtime.hpp>

#include "master/attendance.hpp"
#include "master/cancelled.hpp"
#include "master/cohort.hpp"
#include "master/step.hpp"
#include "master/training.hpp"

namespace fedasio::master {

/// The protocol of a round, a step a line: prepare and choose, collect, combine and step, evaluate, keep.
/// True if the round is finished; false if nobody sent an update that counts. Throws `cancelled` before there
/// is a result.
net::awaitable<bool> training::run_round(round_state& round) {
    const bool has_cohort = co_await prepare(round);
    if (!has_cohort) {
        co_return false;
    }
    co_await collection_.collect(round, checkpoints_.safe_round());
    if (round.count() == 0 || (setting_.plan.require_all && round.count() < round.needed)) {
        settle_pace(setting_, state_.members, round);
        co_return false;
    }
    const auto base = state_.model.weights();
    co_await step(setting_, state_, round);
    co_await keep_states(setting_, state_.memory, round, checkpoints_.safe_round());
    co_await evaluations_.evaluate(round);
    co_await keep(round, base);
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

/// The round is finished: it is told, counts, and is made safe. `base`: the weights that it began with.
net::awaitable<void> training::keep(round_state& round, const net::payload& base) {
    auto& result = round.result;
    auto& everybody = state_.members;
    state_.model.settle();
    settle_pace(setting_, everybody, round);
    count_participation(everybody, round);
    result.seconds = state_.progress.take_seconds();
    result.bytes_sent = everybody.roster.bytes_sent() - round.sent_before;
    result.bytes_received = everybody.roster.bytes_received() - round.received_before;
    result.time = setting_.rt.time.unix_time();
    goal_.take(result);
    setting_.events.publish(round_finished{result});
    watch_divergence(round, base);
    if (round.tested) {
        checkpoints_.note_tested(*std::move(round.tested));
    }
    if (!divergence_.is_suspicious()) {
        models_.consider(result);
    }
    if (setting_.keeps_checkpoints()) {
        checkpoints_.add(result);
        if (result.round % setting_.plan.checkpoint_every == 0 && !divergence_.is_suspicious()) {
            co_await models_.keep_best(checkpoints_.run()); // first: what is resumed knows it
            co_await checkpoints_.write();
        }
    }
}

} // namespace fedasio::master
