#include <fedasio/net/runtime.hpp>
#include <fedasio/text/rare_branch.hpp>

#include "master/answers.hpp"
#include "master/attendance.hpp"
#include "master/cancelled.hpp"
#include "master/cohort.hpp"
#include "master/training.hpp"
#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace fedasio::master {

/// What it cost since this was counted last.
void training::count_costs(round_state& round) {
    auto& result = round.result;
    const auto& roster = state_.members.roster;
    const auto seconds = state_.progress.take_seconds();
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        result.seconds[i] += seconds[i];
    }
    const auto sent = roster.bytes_sent();
    const auto received = roster.bytes_received();
    result.bytes_sent += sent - std::exchange(round.sent_before, sent);
    result.bytes_received += received - std::exchange(round.received_before, received);
    result.time = setting_.rt.time.unix_time();
}

/// The round has its weights: from here on it counts, whatever becomes of its test. `base`: the weights that
/// it began with.
net::awaitable<void> training::keep(round_state& round, const net::payload& base) {
    count_participation(state_.members, round);
    watch_divergence(round, base);
    count_costs(round);
    checkpoints_.begin_test(round.result);
    const bool is_due =
        setting_.keeps_checkpoints() && round.result.round % setting_.plan.checkpoint_every == 0;
    if (is_due && !divergence_.is_suspicious()) {
        co_await models_.keep_best(); // first: what is resumed knows it
        co_await checkpoints_.write();
    }
}

/// What goes wrong in it costs no more than the test.
net::awaitable<void> training::test(round_state& round) {
    auto& result = round.result;
    try {
        co_await evaluations_.evaluate(round);
    } catch (const cancelled&) {
        result.test_problem = stopped_test;
    } catch (const std::bad_alloc&) {
        result.test_problem = "there was not enough memory for it";
    } catch (const std::exception& e) {
        result.test_problem = e.what();
    }
    if (result.test_problem.empty() && plan::is_tested(setting_.plan) && result.test_samples == 0) {
        result.test_problem = "no client could make it";
    }
    if (!result.test_problem.empty()) {
        setting_.notice(noticed::severity::warning, "round " + std::to_string(result.round) +
                                                        " has no test result: " + result.test_problem);
    }
}

net::awaitable<void> training::finish(round_state& round) {
    settle_pace(setting_, state_.members, round);
    count_costs(round);
    round.result.flat = plateau_.take(round.result);
    const auto& result = round.result;
    goal_.take(result);
    for (auto& sentence : watch_.take(setting_.plan, result)) {
        setting_.notice(noticed::severity::warning, std::move(sentence));
    }
    if (!divergence_.is_suspicious()) {
        models_.consider(result);
    }
    if (round.tested) {
        checkpoints_.note_tested(*std::move(round.tested));
    }
    // Whoever ends the process ends no test: the next one makes it, as if there had been no end.
    const bool is_cancelled = co_await net::is_cancelled();
    if (is_cancelled && state_.progress.asked.is_closed() && !result.test_problem.empty()) {
        checkpoints_.leave_test(result.test_problem);
        text::passes(text::rare_branch::test_left_to_next);
    } else {
        checkpoints_.add(result);
        evaluations_.note_finished(result);
    }
    setting_.events.publish(round_finished{result});
    if (checkpoints_.safe_round() == result.round) {
        setting_.events.publish(checkpoint_written{result.round});
    }
}

/// The round that an earlier process did not come to test.
net::awaitable<void> training::finish_untested() {
    const auto& untested = checkpoints_.untested();
    if (!untested || !untested->test_problem.empty()) { // or it was left to the next process just now
        co_return;
    }
    text::passes(text::rare_branch::test_made_up_for);
    const auto& everybody = state_.members;
    round_state round;
    round.result = *untested;
    round.sent_before = everybody.roster.bytes_sent();
    round.received_before = everybody.roster.bytes_received();
    state_.progress.take_seconds();
    state_.progress.reopen_round();
    const auto until = state_.progress.deadline();
    if (plan::has_test_files(setting_.plan.source)) {
        co_await tests_.load(state_.model);
    } else if (setting_.is_local() && !plan::master_tests(setting_.plan)) {
        const auto soon = std::min(until, setting_.rt.time.now() + time_to_come_back);
        auto all_are_here = [&] {
            return std::ranges::all_of(everybody.owners.all(), [&](const auto& owner) {
                return everybody.roster.is_here(owner.first);
            });
        };
        co_await waiting_.wait_for(std::move(all_are_here), soon);
        co_await preparation_.prepare(until);
    }
    co_await test(round);
    co_await finish(round);
    state_.progress.end_round();
}

} // namespace fedasio::master
