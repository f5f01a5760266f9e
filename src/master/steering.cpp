#include "master/steering.hpp"

#include <fedasio/plan/plan.hpp>

#include "master/answers_to_commands.hpp"
#include "master/attendance.hpp"
#include "master/initial_model.hpp"
#include "master/load_model.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {

steering::steering(const setting& given, run_state& state, waiting& wait, model_files& models,
                   checkpoints& safe, actions what)
    : setting_(given), state_(state), waiting_(wait), models_(models), checkpoints_(safe),
      actions_(std::move(what)), folders_(given.options.plan_folders, given.options.state_dir),
      ordered_(given.rt.executor) {
    folders_.allow_those_of(given.plan, given.options.workers_on_this_machine);
}

void steering::order_as_planned() {
    state_.progress.asked.order_as_planned();
    ordered_.set();
}

void steering::close() {
    opening_.request_stop();
    state_.progress.asked.close();
}

net::awaitable<command_answer> steering::execute(command what) {
    const std::string name(to_string(what.what));
    auto answer = co_await carry_out(std::move(what));
    setting_.events.publish(command_answered{name, answer.accepted, answer.message});
    co_return answer;
}

net::awaitable<command_answer> steering::carry_out(command what) {
    if (is_held_) {
        co_return refused("the last checkpoint is being read: try again in a moment");
    }
    if (opening_.stop_possible() && what.what == command::kind::stop) {
        opening_.request_stop();
        co_return accepted("the plan that is being made ready is given up");
    }
    if (opening_.stop_possible()) {
        co_return refused("another run is being made ready: try again when it has begun");
    }
    switch (what.what) {
    case command::kind::train:
        co_return order_training(what);
    case command::kind::pause:
    case command::kind::resume:
        co_return pause(what.what == command::kind::pause);
    case command::kind::stop:
        co_return stop(what.now);
    case command::kind::save:
        co_return co_await models_.save(std::move(what.name));
    case command::kind::load:
        co_return co_await load_model(setting_, state_, checkpoints_, std::move(what.name));
    case command::kind::evict:
        co_return evict(what);
    case command::kind::change:
        co_return change(what);
    case command::kind::start:
        co_return co_await start(std::move(what.plan));
    }
    co_return refused("there is no such command");
}

command_answer steering::order_training(const command& what) {
    auto answer = state_.progress.asked.train(
        what, state_.progress.place(),
        ready_to_start(setting_, state_.members) ? std::string() : missing_workers(setting_, state_.members));
    if (answer.accepted) {
        ordered_.set();
    }
    return answer;
}

command_answer steering::pause(bool begins) {
    auto answer = begins ? state_.progress.asked.pause() : state_.progress.asked.resume();
    if (answer.accepted) {
        setting_.events.publish(pause_requested{begins});
    }
    if (answer.accepted && !begins) {
        waiting_.resume();
    }
    return answer;
}

command_answer steering::stop(bool now) {
    auto answer = state_.progress.asked.stop(now, state_.progress.place());
    if (answer.accepted && state_.progress.asked.wanted() == intent::stop_now) {
        actions_.end_training();
    }
    return answer;
}

command_answer steering::evict(const command& what) {
    const auto who =
        what.name.empty() ? state_.members.roster.find(what.worker) : state_.members.roster.find(what.name);
    if (!who || !who->connection->is_open()) {
        return refused(what.name.empty() ? fmt::format("there is no worker {} here", what.worker)
                                         : fmt::format("there is no worker named '{}' here", what.name));
    }
    if (std::exchange(who->evicted, true)) {
        return refused(who->hello.name + " has been sent away already");
    }
    who->unusable = "it was sent away";
    state_.members.roster.forget_data(*who);
    who->has_model = false;
    who->connection->close("the master sent this worker away");
    return accepted(who->hello.name + " is sent away; it may come back by itself unless its certificate is "
                                      "revoked or its program is ended");
}

command_answer steering::change(const command& what) {
    const auto at = state_.progress.place();
    auto answer = state_.progress.asked.change(what, at);
    if (answer.accepted) {
        auto change = state_.progress.asked.told(at.next());
        change.clients_per_round = state_.clients_per_round(setting_.plan);
        checkpoints_.add(change);
        setting_.events.publish(std::move(change));
    }
    return answer;
}

/// Another plan in place of this one, which stays when that one cannot be run.
net::awaitable<command_answer> steering::start(std::string text) {
    if (state_.progress.asked.is_busy()) {
        co_return refused("a training is going on: stop it first");
    }
    try {
        auto plan = plan::parse_checked_plan(text, "plan", setting_.options.evaluator.has_value());
        const auto objection = folders_.objection_to(plan, setting_.options.workers_on_this_machine);
        if (!objection.empty()) {
            co_return refused(objection);
        }
        std::optional<initial_model> model;
        if (plan::knows_model(plan)) {
            opening_ = std::stop_source();
            auto job = [&, given_up = opening_.get_token()](const std::stop_token& stop) {
                const auto unwanted = [&] { return given_up.stop_requested() || stop.stop_requested(); };
                return make_initial_model(plan, setting_.options.memory_bytes, unwanted);
            };
            model = co_await setting_.offload(std::move(job));
            opening_ = std::stop_source(std::nostopstate);
        }
        actions_.open(std::move(plan), std::move(model));
    } catch (const std::exception& e) {
        opening_ = std::stop_source(std::nostopstate);
        co_return refused(e.what());
    }
    order_as_planned();
    co_return accepted(
        fmt::format("run {} of the plan '{}' begins{}", checkpoints_.run(), setting_.plan.name,
                    ready_to_start(setting_, state_.members)
                        ? std::string()
                        : ", when there are enough workers: " + missing_workers(setting_, state_.members)));
}

} // namespace fedasio::master
