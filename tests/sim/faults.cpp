#include <boost/asio/post.hpp>

#include "sim/federation.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

// What goes wrong, and what people ask for.
namespace fedasio::sim {
namespace {

/// Goodbyes, jobs that have begun, the last checkpoint, and being stopped meanwhile.
constexpr auto longest_end = std::chrono::minutes(2);

} // namespace

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

} // namespace fedasio::sim
