
#include "master/waiting.hpp"

#include <fedasio/text/rare_branch.hpp>

#include "master/attendance.hpp"
#include "master/cancelled.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

constexpr auto between_lines = std::chrono::minutes(1);
constexpr auto first_idle_line = std::chrono::minutes(1);
constexpr auto longest_idle = std::chrono::hours(1);

std::string minutes(net::clock::duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return seconds >= 120 ? fmt::format("{} min", (seconds + 30) / 60) : fmt::format("{} s", seconds);
}

} // namespace

void waiting::begin_training() {
    waited_ = {};
    told_ = setting_.rt.time.now();
}

net::awaitable<bool> waiting::wait_for(std::function<bool()> condition, net::clock::time_point deadline) {
    co_await throw_if_cancelled();
    auto& changed = state_.members.roster.changed();
    bool expired = false;
    std::unique_ptr<net::alarm> alarm;
    if (deadline != net::clock::time_point::max()) {
        alarm = setting_.rt.time.at(deadline, [&] {
            expired = true;
            changed.set();
        });
    }
    bool is_line_due = false;
    std::unique_ptr<net::alarm> next_line;
    const auto plan_line = [&] {
        next_line = setting_.rt.time.at(told_ + between_lines, [&] {
            is_line_due = true;
            changed.set();
        });
    };
    plan_line();
    while (!condition() && !expired) {
        changed.reset();
        const auto ec = co_await changed.wait();
        if (ec) {
            throw cancelled();
        }
        if (std::exchange(is_line_due, false) && !expired) {
            told_ = setting_.rt.time.now();
            setting_.notice(noticed::severity::info, "waiting: " + missing_workers(setting_, state_.members));
            plan_line();
        }
    }
    co_return !expired;
}

net::awaitable<bool> waiting::wait_for_change(net::clock::time_point deadline) {
    std::function<bool()> changed = [this] { return state_.members.roster.changed().is_set(); };
    co_return co_await wait_for(std::move(changed), deadline);
}

net::awaitable<bool> waiting::wait_to_start(net::clock::duration patience) {
    const bool has_end = setting_.options.exit_when_done;
    const auto began = setting_.rt.time.now();
    const auto deadline = has_end ? began + patience : net::clock::time_point::max();
    std::function<bool()> ready = [this] { return ready_to_start(setting_, state_.members); };
    const bool came = co_await wait_for(std::move(ready), deadline);
    waited_ += has_end ? setting_.rt.time.now() - began : net::clock::duration::zero();
    co_return came;
}

net::awaitable<void> waiting::wait_for_hosts(net::clock::time_point since) {
    const auto& everybody = state_.members;
    if (is_hopeless(everybody) && !state_.progress.has_cohort()) {
        throw run_failed("no worker can take part" + unusable_workers(everybody));
    }
    if (is_short_of_usable_owners(setting_, state_)) {
        throw run_failed("the training cannot begin: " + missing_workers(setting_, everybody));
    }
    if (const auto empty = clients_without_samples(setting_, everybody); !empty.empty()) {
        throw run_failed("no client has a sample to train on: " + empty);
    }
    state_.progress.enter(phase::waiting);
    const auto left = setting_.options.patience - waited_;
    const bool changed = co_await wait_for_change(since + left);
    waited_ += setting_.rt.time.now() - since;
    if (!changed) {
        throw run_failed("no worker hosted a client with data for " + minutes(setting_.options.patience) +
                         " in all; " + missing_workers(setting_, everybody));
    }
}

net::awaitable<void> waiting::wait_while_paused() {
    const auto& asked = state_.progress.asked;
    if (asked.wanted() == intent::pause) {
        state_.progress.enter(phase::paused);
        text::passes(text::rare_branch::paused_between_rounds);
    }
    while (asked.wanted() == intent::pause) {
        resumed_.reset();
        const auto ec = co_await resumed_.wait();
        if (ec) {
            throw cancelled();
        }
    }
}

void waiting::begin_idling() {
    say_idle_in(first_idle_line);
}

void waiting::say_idle_in(net::clock::duration pause) {
    idle_line_ = setting_.rt.time.at(setting_.rt.time.now() + pause, [this, pause] {
        setting_.notice(noticed::severity::info,
                        fmt::format("waiting for an order to train (fedasio train, or the page); "
                                    "{} workers are connected",
                                    state_.members.roster.all().size()));
        say_idle_in(std::min<net::clock::duration>(2 * pause, longest_idle));
    });
}

} // namespace fedasio::master
