#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/plan.hpp>

#include "master/initial_model.hpp"
#include "master/plan_folders.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

command_answer accepted(std::string consequence) {
    return {true, std::move(consequence)};
}

command_answer refused(std::string why) {
    return {false, std::move(why)};
}

} // namespace

net::awaitable<command_answer> run::execute(command what) {
    command_answer answer;
    if (opening_.stop_possible() && what.what == command::kind::stop) {
        opening_.request_stop();
        answer = accepted("the plan that is being made ready is given up");
        events_.publish(command_answered{std::string(to_string(what.what)), true, answer.message});
        co_return answer;
    }
    if (opening_.stop_possible()) {
        answer = refused("another run is being made ready: try again when it has begun");
        events_.publish(command_answered{std::string(to_string(what.what)), false, answer.message});
        co_return answer;
    }
    switch (what.what) {
    case command::kind::train:
        answer = order_training(what);
        break;
    case command::kind::pause:
        answer = pause();
        break;
    case command::kind::resume:
        answer = resume();
        break;
    case command::kind::stop:
        answer = stop(what.now);
        break;
    case command::kind::save:
        answer = co_await save(std::move(what.name));
        break;
    case command::kind::load:
        answer = co_await load(std::move(what.name));
        break;
    case command::kind::evict:
        answer = evict(what);
        break;
    case command::kind::change:
        answer = change(what);
        break;
    case command::kind::start:
        answer = co_await start(std::move(what.plan));
        break;
    }
    events_.publish(command_answered{std::string(to_string(what.what)), answer.accepted, answer.message});
    co_return answer;
}

command_answer run::order_training(const command& what) {
    if (is_training() || order_) {
        return refused("a training is going on: stop it first");
    }
    if (!ready_to_start()) {
        return refused("not enough workers: " + missing_workers());
    }
    const auto& changed = record_.changed;
    const auto target =
        !what.target_accuracy && changed.target_changed ? changed.target_accuracy : what.target_accuracy;
    // A last round that was set by `change` is a goal that is reached once.
    if (!what.rounds && changed.rounds && *changed.rounds > round_) {
        order_ = order{*changed.rounds, true, target, true};
        ordered_.set();
        return accepted(
            fmt::format("training up to round {}, the last one since it was changed; name the rounds "
                        "for another number",
                        *changed.rounds));
    }
    order_ = order{what.rounds.value_or(plan_.rounds), false, target, true};
    ordered_.set();
    return accepted(fmt::format("training {} rounds", order_->rounds));
}

command_answer run::pause() {
    if (!is_training()) {
        return refused("nothing is being trained");
    }
    if (stopping_) {
        return refused("it is being stopped already");
    }
    if (pausing_) {
        return refused("it is paused, or about to be");
    }
    pausing_ = true;
    events_.publish(pause_requested{true});
    return accepted("pausing before the next round");
}

command_answer run::resume() {
    if (!pausing_) {
        return refused("it is not paused");
    }
    pausing_ = false;
    events_.publish(pause_requested{false});
    resumed_.set();
    return accepted("going on");
}

/// Between two rounds, and while a round waits for workers, there is nothing whose end could be waited for.
command_answer run::stop(bool now) {
    if (!is_training()) {
        return refused("nothing is being trained");
    }
    if (cancelling_) {
        return refused("it is being stopped already");
    }
    if (stopping_ && !now) {
        return refused(fmt::format(
            "it is being stopped already, after round {}; stop now gives that round up", running_round_));
    }
    stopping_ = true;
    cancelling_ = now || !in_round_ || phase_ == phase::waiting;
    if (!cancelling_) {
        return accepted(fmt::format("stopping after round {}", running_round_));
    }
    training_.cancel();
    return accepted(fmt::format("stopping; the weights of round {} stay", round_));
}

command_answer run::evict(const command& what) {
    const auto found = std::ranges::find_if(roster_.all(), [&](const auto& entry) {
        return what.name.empty() ? entry.first == what.worker : entry.second->hello.name == what.name;
    });
    if (found == roster_.all().end() || !found->second->connection->is_open()) {
        return refused(what.name.empty() ? fmt::format("there is no worker {} here", what.worker)
                                         : fmt::format("there is no worker named '{}' here", what.name));
    }
    const auto who = found->second;
    if (std::exchange(who->evicted, true)) {
        return refused(who->hello.name + " has been sent away already");
    }
    who->unusable = "it was sent away";
    who->hosted.clear();
    who->data_current = who->has_model = false;
    who->connection->close("the master sent this worker away");
    return accepted(who->hello.name + " is sent away; it may come back by itself unless its certificate is "
                                      "revoked or its program is ended");
}

std::uint32_t run::present_round() const noexcept {
    return in_round_ ? running_round_ : round_ + 1;
}

planned_terms run::plan_terms() const {
    return {plan_.rounds, plan_.target_accuracy, static_cast<double>(plan_.deadline.count()) / 1000.0};
}

/// The terms of the plan but for what was changed.
void run::apply(const changed_terms& changed) {
    const auto planned = plan_terms();
    terms_.last_round = changed.rounds.value_or(planned.rounds);
    terms_.target_accuracy = changed.target_changed ? changed.target_accuracy : planned.target_accuracy;
    terms_.deadline = changed.deadline.value_or(planned.deadline);
    terms_.fraction = changed.fraction.value_or(plan_.fraction);
}

/// Why these changes are not sound now; empty if they are.
std::string run::objection_to(const command& change) const {
    if (stopping_ && is_training()) {
        return "the training is being stopped: change the next one when it has ended";
    }
    if (!change.rounds && !change.target_accuracy && !change.no_target && !change.deadline &&
        !change.fraction) {
        return "name what is to change: rounds, target_accuracy, deadline or fraction";
    }
    if (change.rounds && *change.rounds < present_round()) {
        return fmt::format("rounds is the last round in all, and round {} {}: it cannot be {}",
                           present_round(), in_round_ ? "has begun" : "is the next", *change.rounds);
    }
    if (change.target_accuracy && plan::is_regression(plan_)) {
        return "a regression has no accuracy that could be a target";
    }
    if (change.target_accuracy && plan_.test_fraction == 0 && !plan::has_test_files(plan_.source)) {
        return "without test data there is no test accuracy that could be a target";
    }
    return {};
}

command_answer run::change(const command& what) {
    if (auto objection = objection_to(what); !objection.empty()) {
        return refused(std::move(objection));
    }
    auto& changed = record_.changed;
    std::string news;
    const auto tell = [&](const std::string& text) { news += (news.empty() ? "" : ", ") + text; };
    if (what.rounds) {
        changed.rounds = terms_.last_round = *what.rounds;
        tell(fmt::format("the last round is {}", *what.rounds));
    }
    if (what.target_accuracy || what.no_target) {
        changed.target_changed = true;
        changed.target_accuracy = terms_.target_accuracy = what.target_accuracy;
        tell(what.no_target ? "no target accuracy"
                            : fmt::format("the target accuracy is {}", *what.target_accuracy));
    }
    if (what.deadline) {
        changed.deadline = terms_.deadline = *what.deadline;
        tell(fmt::format("the deadline is {} s", *what.deadline));
    }
    if (what.fraction) {
        changed.fraction = terms_.fraction = *what.fraction;
        tell(fmt::format("the fraction is {}", *what.fraction));
    }
    if (order_) {
        order_ =
            order{what.rounds.value_or(order_->rounds), what.rounds.has_value() || order_->in_all,
                  what.target_accuracy || what.no_target ? what.target_accuracy : order_->target_accuracy,
                  order_->by_command};
    }
    if (record_.ordered) {
        record_.ordered = {terms_.last_round, terms_.target_accuracy};
    }
    terms_.round = in_round_ ? running_round_ + 1 : round_ + 1;
    record_.add(terms_);
    events_.publish(terms_);
    return accepted(news +
                    (what.deadline || what.fraction ? fmt::format(" from round {} on", terms_.round) : ""));
}

/// Another plan in place of this one, which stays when that one cannot be run.
net::awaitable<command_answer> run::start(std::string text) {
    if (is_busy()) {
        co_return refused("a training is going on: stop it first");
    }
    try {
        auto plan = plan::parse_checked_plan(text, "plan");
        const auto objection = plan_folders_->objection_to(plan, options_.workers_on_this_machine);
        if (!objection.empty()) {
            co_return refused(objection);
        }
        std::optional<initial_model> model;
        if (plan.model.input.size() != 0) {
            opening_ = std::stop_source();
            auto job = [&, given_up = opening_.get_token()](const std::stop_token& stop) {
                const auto unwanted = [&] { return given_up.stop_requested() || stop.stop_requested(); };
                return make_initial_model(plan.model, plan, options_.memory_bytes, unwanted);
            };
            model = co_await net::offload(rt_, pool_, std::move(job));
            opening_ = std::stop_source(std::nostopstate);
        }
        open(std::move(plan), std::move(model));
    } catch (const std::exception& e) {
        opening_ = std::stop_source(std::nostopstate);
        co_return refused(e.what());
    }
    introduce_run();
    enter(phase::waiting);
    order_ = order{plan_.rounds, true, plan_.target_accuracy};
    ordered_.set();
    co_return accepted(fmt::format(
        "run {} of the plan '{}' begins{}", record_.run(), plan_.name,
        ready_to_start() ? std::string() : ", when there are enough workers: " + missing_workers()));
}

} // namespace fedasio::master
