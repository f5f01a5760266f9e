#include "sim/trial.hpp"

#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/shared_key.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/worker/worker.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/object.hpp>

#include "sim/federation.hpp"
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace fedasio::sim {

namespace {

constexpr auto longest_after_faults = std::chrono::hours(2);

} // namespace

net::handshake trial::prove(process& me, net::side own) const {
    if (!scenario_.protects) {
        return {};
    }
    return [&me, own](std::unique_ptr<net::stream> wire) {
        return net::prove_key(me.runtime(), std::move(wire), net::shared_key(net::shared_key::bytes{}), own);
    };
}

void trial::tell(const std::string& what) const {
    if (trace_) {
        const auto since = std::chrono::duration<double>(world_.now().time_since_epoch()) - 1h;
        std::cout << fmt::format("{:9.3f}  {}\n", since.count(), what);
    }
}

void trial::start_master() {
    ++verdict_.masters;
    master_ = std::make_unique<master_process>(*this);
    auto& me = *master_;
    me.disk_failures_before = disk_.failures;
    tell("master starts");
    checker_.begin_master();
    me.events.subscribe([this](const master::event& happened) {
        if (trace_) {
            tell("event " + text::canonical_text(dashboard::event_json(happened)));
        }
        checker_.see(happened);
        const auto* const done = std::get_if<master::round_finished>(&happened.what);
        if (done != nullptr && done->result.round == scenario_.plan.rounds && world_.chosen.chance(0.1)) {
            world_.at(world_.now() + world_.chosen.time(1s), nullptr,
                      [this] { order(master::command::kind::pause); });
        }
    });
    master::run_options options;
    options.min_workers = static_cast<std::uint32_t>(scenario_.workers);
    options.autostart = true;
    options.exit_when_done = true;
    options.resume = true;
    options.state_dir = folder_ / "disk" / "state";
    options.keep_checkpoints = 2;
    options.disk = &disk_;
    options.patience = 1h;
    options.connection.make_body = make_body();
    options.window_bytes = 1; // a body at a time
    me.run =
        std::make_unique<master::run>(me.self.runtime(), me.self.pool(), scenario_.plan, options, me.events);
    net::listener_options doors;
    doors.prove = prove(me.self, net::side::accepting);
    me.listener = std::make_unique<net::listener>(me.self.runtime(), network_.listen(me.self), doors);
    me.everybody = std::make_unique<net::nursery>(me.self.runtime().executor);
    me.main = std::make_shared<net::nursery>(me.self.runtime().executor);
    me.main->spawn(master_main(*this, me));
}

awaitable<void> trial::master_main(trial& in, master_process& me) {
    co_await asio::this_coro::throw_if_cancelled(false);
    me.everybody->spawn(me.listener->run(
        [&me](std::unique_ptr<net::stream> wire) { return me.run->admit(std::move(wire)); }));
    me.succeeded = co_await me.run->serve();
    // As the program does: the workers get a moment to hear that the run is over.
    co_await net::sleep_for(me.self.runtime(), 100ms);
    me.everybody->cancel();
    co_await me.everybody->join();
    me.over = true;
    in.tell(fmt::format("master ends, {}", me.succeeded ? "done" : "failed"));
}

/// Memory that may be out for a moment.
std::function<net::buffer(std::size_t)> trial::make_body() {
    return [this](std::size_t bytes) {
        if (scenario_.short_of_memory && !faults_over_ && world_.chosen.chance(0.05)) {
            tell("no memory for a body");
            throw std::bad_alloc();
        }
        return net::buffer(bytes);
    };
}

void trial::start_worker(std::size_t number) {
    ++verdict_.workers;
    workers_[number] = std::make_unique<worker_process>(*this, number);
    auto& me = *workers_[number];
    tell(me.self.name() + " starts");
    me.main = std::make_shared<net::nursery>(me.self.runtime().executor);
    me.main->spawn(worker_main(*this, me));
}

awaitable<void> trial::worker_main(trial& in, worker_process& me) {
    co_await asio::this_coro::throw_if_cancelled(false);
    worker::worker_options options;
    options.name = me.self.name();
    options.threads = 1 + static_cast<std::uint32_t>(me.number % 2);
    options.retry.give_up = 24h;
    options.keep_bytes = std::size_t{1} << 20;
    options.connection.make_body = in.make_body();
    if (in.scenario_.local) {
        options.data = in.folder_ / fmt::format("{}.csv", me.self.name());
    }
    auto dial = in.network_.dial_from(me.self);
    auto known = in.prove(me.self, net::side::connecting);
    const net::dialer connect = [dial, known]() -> awaitable<net::opened> {
        auto fresh = co_await dial();
        if (fresh.error || !known) {
            co_return std::move(fresh);
        }
        co_return co_await known(std::move(fresh.connection));
    };
    const worker::log_handler log = [&in, &me](worker::severity, const std::string& text) {
        in.tell(me.self.name() + ": " + text);
    };
    me.end = co_await worker::run(me.self.runtime(), me.self.pool(), connect, options, log);
    me.over = true;
    in.tell(me.self.name() + " ends: " + me.end.reason);
    if (!me.end.done && in.gave_up_.empty()) {
        in.gave_up_ = me.self.name() + ": " + me.end.reason;
    }
    // A master that said that all was done, and died before it was, needs its workers once more.
    in.world_.at(in.world_.now() + 30s, nullptr, [&in, number = me.number, which = &me.self] {
        auto& now = in.workers_[number];
        if (!in.done_ && now && &now->self == which) {
            in.start_worker(number);
        }
    });
}

/// Runs until the training is done.
void trial::pump() {
    const auto until = world_.now() + scenario_.faults_last + longest_after_faults;
    std::size_t failures = 0;
    std::string broken;
    while (!done_) {
        if (!world_.step(until)) {
            throw broken_promise(world_.now() >= until - 1h
                                     ? "a training ends within hours after the last fault"
                                     : "somebody always has something to do until the end");
        }
        if (master_ && !(broken = master_->run->broken_invariant()).empty()) {
            throw broken_promise("always: " + broken);
        }
        if (!checker_.broken().empty()) {
            throw broken_promise(checker_.broken());
        }
        if (!gave_up_.empty()) {
            throw broken_promise("a worker goes on until the run is over; " + gave_up_);
        }
        if (disk_.was_cut) {
            disk_.power_failure = 0;
            kill_master(true);
        }
        if (master_ && master_->over) {
            const bool finished =
                master_->succeeded && checker_.outcome() == master::training_outcome::rounds_done;
            const bool could_write = disk_.failures == master_->disk_failures_before;
            const bool was_asked_to_end = master_->was_asked_to_end;
            if ((finished || was_asked_to_end) && could_write && checker_.acknowledged() < checker_.round()) {
                throw broken_promise("the last round is safe on disk when a training is done or stopped");
            }
            if (finished) {
                done_ = true;
                end_faults();
                break;
            }
            if (faults_over_ && !was_asked_to_end && ++failures > 1) {
                throw broken_promise("a training succeeds when nothing is wrong any more");
            }
            master_.reset();
            start_master();
        }
    }
}

/// What is left when all is over: nothing.
void trial::check_end() {
    // Who comes too late for the news is told to go.
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i] && !workers_[i]->over) {
            workers_[i]->self.frozen_until = {};
        }
    }
    const auto until = world_.now() + 5min;
    while (world_.step(until)) {
    }
    for (auto& who : workers_) {
        if (who && !who->over) {
            tell(who->self.name() + " has not heard that the run is over");
            who->self.kill();
        }
    }
    while (world_.step(until + 1h)) {
    }
    if (master_->self.work() != 0) {
        throw broken_promise(
            fmt::format("no coroutine is left behind: {} in the master", master_->self.work()));
    }
    for (auto& who : workers_) {
        if (who && who->over && who->self.work() != 0) {
            throw broken_promise(
                fmt::format("no coroutine is left behind: {} in {}", who->self.work(), who->self.name()));
        }
    }
    if (network_.open_streams() != 0) {
        throw broken_promise(fmt::format("no connection is left behind: {}", network_.open_streams()));
    }
}

verdict trial::run() {
    workers_.resize(scenario_.workers);
    text::rare_branch_counter = &verdict_.branches;
    try {
        plan_faults();
        start_master();
        for (std::size_t i = 0; i < scenario_.workers; ++i) {
            world_.at(world_.now() + world_.chosen.time(5s), nullptr, [this, i] {
                if (!workers_[i]) {
                    start_worker(i);
                }
            });
        }
        pump();
        check_end();
    } catch (const broken_promise& e) {
        verdict_.broken = e.what();
    }
    text::rare_branch_counter = nullptr;
    verdict_.steps = world_.steps();
    verdict_.seconds = std::chrono::duration<double>(world_.now().time_since_epoch() - 1h).count();
    verdict_.rounds = checker_.rounds_done;
    verdict_.resumed = checker_.resumed;
    verdict_.drops = checker_.drops;
    // Coroutines go before what they refer to.
    for (auto& who : workers_) {
        if (who) {
            who->self.kill();
        }
    }
    if (master_) {
        master_->self.kill();
    }
    return verdict_;
}

oracle& oracles::of(const plan::plan& plan) {
    auto& known = known_[plan::plan_digest(plan)];
    if (!known) {
        known = std::make_unique<oracle>(plan);
    }
    return *known;
}

verdict run_trial(std::uint64_t seed, const fs::path& folder, oracles& known, bool trace) {
    fs::remove_all(folder / "disk");
    fs::create_directory(folder / "disk");
    return trial(seed, folder, known, trace).run();
}

} // namespace fedasio::sim
