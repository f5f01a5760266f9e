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

/// A promise that was not kept.
class broken_promise : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using net::awaitable;

constexpr auto longest_after_faults = std::chrono::hours(2);
/// Goodbyes, jobs that have begun, the last checkpoint, and being stopped meanwhile.
constexpr auto longest_end = std::chrono::minutes(2);
constexpr std::array owners{"anna", "bert", "cleo", "dora"};

/// What the seed chose.
struct scenario {
    plan::plan plan;
    bool local = false; ///< each worker has a table of its own
    bool exact = false; ///< nobody may be dropped
    bool protects = false;
    std::size_t workers = 0;
    duration faults_last{};
    std::size_t faults = 0;
    bool short_of_memory = false; ///< for bodies of frames, while faults last
};

scenario choose(dice& chosen, const fs::path& folder) {
    scenario what;
    const auto kind = chosen.below(10);
    what.local = kind == 0;
    what.exact = kind >= 4;
    what.workers = what.local ? owners.size() : chosen.between(1, 4);
    what.protects = chosen.chance(0.3);
    const auto rounds = chosen.between(3, 8);
    // Those that take any two clients, and whose sums need no more than two.
    static constexpr std::array strategies{"fedavg", "fedavg",   "fedavgm", "fedadam", "fednova",
                                           "qffl",   "scaffold", "feddyn",  "ditto",   "median"};
    // Where owners keep their data their workers keep what clients do, here in memory: it goes with them.
    const auto* const strategy =
        what.local ? strategies[chosen.below(4)] : strategies[chosen.below(strategies.size())];
    const auto clients = what.local ? owners.size() : 4 + 2 * chosen.below(2);
    const auto fraction = chosen.chance(0.5) ? 1.0 : 0.5;
    const bool test_file = !what.local && chosen.chance(0.7);
    const auto table = folder / "all.csv";
    auto text = fmt::format(R"({{"name": "trial", "seed": 7, "rounds": {}, "clients": {}, "fraction": {},
        "model": {{"input": "auto", "layers": [{{"type": "dense", "units": 6, "activation": "relu"}},
                              {{"type": "dense", "units": 2, "activation": "softmax"}}]}},
        "data": {{"source": {{"type": "csv", "train": "{}", "label": "label"{}}},
                  "partition": {{"scheme": "{}"}}}},
        "local": {{"epochs": 1, "batch_size": 8, "optimizer": {{"type": "sgd", "learning_rate": 0.1}}}},
        "strategy": {{"type": "{}"}}, "checkpoint_every": {}, "deadline": {}, "quorum": {}, "over_selection": {} }})",
                            rounds, clients, fraction, what.local ? "own.csv" : table.string(),
                            test_file ? ", \"test\": \"" + (folder / "test.csv").string() + "\"" : "",
                            what.local ? "local" : "iid", strategy, chosen.between(1, 2),
                            what.exact ? 3600 * 24 : chosen.between(20, 60), what.exact ? 1.0 : 0.5,
                            !what.exact && chosen.chance(0.5) ? 1.3 : 1.0);
    what.plan = plan::parse_plan(text, "trial.json");
    what.faults_last = std::chrono::seconds(chosen.between(5, 40));
    what.faults = chosen.chance(0.1) ? 0 : chosen.between(1, 12);
    what.short_of_memory = what.faults > 0 && chosen.chance(0.2);
    return what;
}

/// Weights, training, rehosting, evaluation: each has the plan's deadline. The master may be stopped
/// meanwhile.
double longest_round(const scenario& of) {
    return 5 * std::chrono::duration<double>(of.plan.deadline).count() + 300;
}

/// One federation, from its first process to its last.
class trial {
public:
    trial(std::uint64_t seed, const fs::path& folder, oracles& known, bool trace)
        : world_(seed), scenario_(choose(world_.chosen, folder)), folder_(folder), network_(world_),
          disk_(world_, folder / "disk"), trace_(trace),
          checker_(scenario_.local ? nullptr : &known.of(scenario_.plan), scenario_.exact,
                   longest_round(scenario_)) {}

    verdict run();

private:
    struct master_process;
    struct worker_process;

    process& new_process(const std::string& name) {
        return *processes_.emplace_back(std::make_unique<process>(world_, name));
    }

    void start_master();
    void start_worker(std::size_t number);
    static awaitable<void> master_main(trial& in, master_process& me);
    static awaitable<void> worker_main(trial& in, worker_process& me);
    net::handshake prove(process& me, net::side own) const;
    std::function<net::buffer(std::size_t)> make_body();

    void plan_faults();
    void one_fault();
    void kill_master(bool power_fails);
    void kill_worker(std::size_t number);
    void end_master();
    void end_worker(std::size_t number);
    void end_everybody();
    void ask_to_end(process& who, const std::shared_ptr<net::nursery>& main);
    void order(master::command::kind what, std::string name = {});
    void end_faults();
    void pump();
    void check_end();
    void tell(const std::string& what) const;

    world world_;
    // Of all that ever lived: what others hold of theirs may go after them.
    std::vector<std::unique_ptr<process>> processes_;
    scenario scenario_;
    fs::path folder_;
    network network_;
    disk disk_;
    bool trace_;
    checker checker_;
    std::unique_ptr<master_process> master_;
    std::vector<std::unique_ptr<worker_process>> workers_;
    bool faults_over_ = false;
    std::string gave_up_; ///< the first worker that did, and why
    bool done_ = false;
    verdict verdict_;
};

struct trial::master_process {
    explicit master_process(trial& in) : self(in.new_process("master")), events(self.runtime().time) {}

    process& self;
    master::event_source events;
    std::unique_ptr<master::run> run;
    std::unique_ptr<net::listener> listener;
    std::unique_ptr<net::nursery> everybody;
    std::shared_ptr<net::nursery> main;
    std::size_t disk_failures_before = 0;
    bool was_asked_to_end = false;
    bool over = false;
    bool succeeded = false;
};

struct trial::worker_process {
    worker_process(trial& in, std::size_t which) : number(which), self(in.new_process(owners[which])) {}

    std::size_t number;
    process& self;
    std::shared_ptr<net::nursery> main;
    bool over = false;
    worker::ending end;
};

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

void trial::kill_master(bool power_fails) {
    if (!master_ || master_->over) {
        return;
    }
    tell(power_fails ? "the master's machine loses power" : "the master is killed");
    if (power_fails) {
        network_.lose(master_->self);
    }
    master_->self.kill();
    master_.reset();
    if (power_fails) {
        disk_.lose_what_was_not_synced();
    }
    disk_.was_cut = false;
    world_.at(world_.now() + world_.chosen.time(20s), nullptr, [this] {
        if (!master_) {
            start_master();
        }
    });
}

void trial::kill_worker(std::size_t number) {
    auto& who = workers_[number];
    if (!who || who->over) {
        return;
    }
    const bool power_fails = world_.chosen.chance(0.3);
    tell(who->self.name() + (power_fails ? " loses power" : " is killed"));
    if (power_fails) {
        network_.lose(who->self);
    }
    who->self.kill();
    who.reset();
    world_.at(world_.now() + world_.chosen.time(30s), nullptr, [this, number] {
        if (!workers_[number]) {
            start_worker(number);
        }
    });
}

/// A signal comes between any two handlers: also when those whom a lost connection wakes have not had their
/// turn yet.
void cancel_after(process& who, std::size_t turns, const std::weak_ptr<net::nursery>& what) {
    asio::post(who.runtime().executor, [&who, turns, what] {
        const auto children = what.lock();
        if (children && turns > 0) {
            cancel_after(who, turns - 1, what);
        } else if (children) {
            children->cancel();
        }
    });
}

/// As SIGTERM.
void trial::ask_to_end(process& who, const std::shared_ptr<net::nursery>& main) {
    tell(who.name() + " is asked to end");
    cancel_after(who, world_.chosen.below(16), main);
    world_.at(world_.now() + who.slowest_job + longest_end, nullptr, [&who] {
        if (!who.is_dead() && who.work() != 0) {
            throw broken_promise(fmt::format("{} ends when it is asked to; {} coroutines and waits are left",
                                             who.name(), who.work()));
        }
    });
}

void trial::end_master() {
    if (master_ && !master_->over) {
        master_->was_asked_to_end = true;
        ask_to_end(master_->self, master_->main);
    }
}

void trial::end_worker(std::size_t number) {
    if (workers_[number] && !workers_[number]->over) {
        ask_to_end(workers_[number]->self, workers_[number]->main);
    }
}

/// As when a machine shuts down, or a script signals all that it started.
void trial::end_everybody() {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]) {
            network_.break_one(workers_[i]->self);
        }
        if (world_.chosen.chance(0.5)) {
            kill_worker(i);
        } else {
            end_worker(i);
        }
    }
    end_master();
}

void trial::order(master::command::kind what, std::string name) {
    if (!master_ || master_->over) {
        return;
    }
    tell("command " + std::string(to_string(what)));
    auto& me = *master_;
    master::command wanted;
    wanted.what = what;
    wanted.name = std::move(name);
    auto obey = [](master::run& run, master::command given) -> awaitable<void> {
        co_await run.execute(std::move(given));
    };
    me.everybody->spawn(obey(*me.run, std::move(wanted)));
}

void trial::one_fault() {
    auto& chosen = world_.chosen;
    const auto somebody = chosen.below(scenario_.workers);
    switch (chosen.below(17)) {
    case 0:
        kill_master(false);
        break;
    case 1:
        // Rather in the middle of an operation than between two.
        disk_.power_failure = 0.1;
        break;
    case 2:
        kill_master(true);
        break;
    case 3:
    case 4:
        if (chosen.chance(0.3)) {
            end_everybody();
        } else {
            kill_worker(somebody);
        }
        break;
    case 5: {
        const std::string whom = chosen.chance(0.3) ? "master" : owners[somebody];
        tell(whom + " is cut off");
        network_.cut(whom);
        world_.at(world_.now() + chosen.time(30s), nullptr, [this] {
            tell("the network heals");
            network_.heal();
        });
        break;
    }
    case 6:
        if (workers_[somebody]) {
            tell("a connection of " + workers_[somebody]->self.name() + " breaks");
            network_.break_one(workers_[somebody]->self);
        }
        if (chosen.chance(0.4)) {
            end_master();
        }
        break;
    case 7: {
        tell("bad weather");
        auto& now = network_.now;
        now.corrupt = chosen.chance(0.5) ? 0.03 : 0;
        now.reset = chosen.chance(0.5) ? 0.01 : 0;
        now.half_close = chosen.chance(0.5) ? 0.01 : 0;
        now.stall = chosen.chance(0.5) ? 0.01 : 0;
        now.refuse = chosen.chance(0.5) ? 0.5 : 0;
        now.delay = chosen.time(3s);
        break;
    }
    case 8:
        tell("the disk fails");
        disk_.failure = chosen.chance(0.5) ? 1.0 : 0.2;
        break;
    case 9: {
        auto* whom = chosen.chance(0.5) && workers_[somebody] ? &workers_[somebody]->self
                     : master_                                ? &master_->self
                                                              : nullptr;
        if (whom != nullptr) {
            tell(whom->name() + " is stopped for a while");
            world_.freeze(*whom, chosen.time(20s));
        }
        break;
    }
    case 10:
        if (workers_[somebody]) {
            tell(workers_[somebody]->self.name() + " becomes slow");
            workers_[somebody]->self.slowest_job = 30min;
        }
        break;
    case 11:
        if (master_ && !master_->over) {
            kill_master(false);
            if (chosen.chance(0.3) && disk_.rot_journal()) {
                tell("and its journal of rounds is damaged");
                checker_.forgive_lost_rounds();
            } else if (disk_.rot()) {
                tell("and its newest checkpoint is damaged");
                checker_.forgive_loss();
            }
        }
        break;
    case 12:
        end_master();
        break;
    case 13:
        end_worker(somebody);
        break;
    case 14:
        end_everybody();
        break;
    case 15: {
        tell(std::string(owners[somebody]) + " comes and goes");
        const auto often = chosen.between(5, 30);
        for (std::size_t i = 0; i < often; ++i) {
            world_.at(world_.now() + i * 1500ms, nullptr, [this, somebody] {
                if (workers_[somebody] && !faults_over_) {
                    network_.break_one(workers_[somebody]->self);
                }
            });
        }
        break;
    }
    default:
        order(master::command::kind::pause);
        order(master::command::kind::save, "copy");
        world_.at(world_.now() + chosen.time(10s), nullptr, [this] { order(master::command::kind::resume); });
        break;
    }
}

void trial::plan_faults() {
    // While the workers come.
    for (auto times = world_.chosen.chance(0.3) ? 4 : 0; times > 0; --times) {
        world_.at(world_.now() + world_.chosen.time(10s), nullptr, [this] {
            if (!done_) {
                end_everybody();
            }
        });
    }
    for (std::size_t i = 0; i < scenario_.faults; ++i) {
        const auto when = world_.now() + world_.chosen.below(1000) * scenario_.faults_last / 1000;
        world_.at(when, nullptr, [this] {
            if (!done_) {
                one_fault();
            }
        });
    }
    world_.at(world_.now() + scenario_.faults_last, nullptr, [this] {
        if (!done_) {
            end_faults();
        }
    });
}

void trial::end_faults() {
    tell("no more faults");
    faults_over_ = true;
    const auto delay = network_.now.delay;
    network_.now = {};
    network_.now.delay = std::min<duration>(delay, 50ms);
    network_.heal();
    disk_.failure = 0;
    disk_.power_failure = 0;
    for (auto& who : workers_) {
        if (who) {
            who->self.slowest_job = 2s;
        }
    }
    // A pause that a master was asked for may have met another one.
    world_.at(world_.now() + 15s, nullptr, [this] { order(master::command::kind::resume); });
}

/// Runs until the training is done.
void trial::pump() {
    const auto until = world_.now() + scenario_.faults_last + longest_after_faults;
    std::size_t failures = 0;
    while (!done_) {
        if (!world_.step(until)) {
            throw broken_promise(world_.now() >= until - 1h
                                     ? "a training ends within hours after the last fault"
                                     : "somebody always has something to do until the end");
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

void write_table(const fs::path& file, int rows, int first) {
    std::ofstream out(file);
    out << "x,y,z,label\n";
    for (int i = first; i < first + rows; ++i) {
        const int x = (i * 37) % 61 - 30;
        const int y = (i * 13) % 17;
        out << x << ',' << y << ',' << (i * 7) % 5 << ',' << (x + y > 5 ? "plus" : "minus") << '\n';
    }
}

} // namespace

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

void write_data(const fs::path& folder) {
    write_table(folder / "all.csv", 120, 0);
    write_table(folder / "test.csv", 40, 1000);
    for (std::size_t i = 0; i < owners.size(); ++i) {
        write_table(folder / fmt::format("{}.csv", owners[i]), 30, static_cast<int>(100 * i));
    }
}

} // namespace fedasio::sim
