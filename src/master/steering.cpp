#include <fedasio/net/offload.hpp>
#include <fedasio/plan/plan.hpp>

#include "master/answers_to_commands.hpp"
#include "master/initial_model.hpp"
#include "master/load_model.hpp"
#include "master/machine.hpp"
#include "master/plan_folders.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {

net::awaitable<command_answer> machine::execute(command what) {
    const std::string name(to_string(what.what));
    auto answer = co_await carry_out(std::move(what));
    setting_.events.publish(command_answered{name, answer.accepted, answer.message});
    co_return answer;
}

net::awaitable<command_answer> machine::carry_out(command what) {
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

command_answer machine::order_training(const command& what) {
    auto answer =
        progress_.asked.train(what, progress_.place(), ready_to_start() ? std::string() : missing_workers());
    if (answer.accepted) {
        ordered_.set();
    }
    return answer;
}

command_answer machine::pause(bool begins) {
    auto answer = begins ? progress_.asked.pause() : progress_.asked.resume();
    if (answer.accepted) {
        setting_.events.publish(pause_requested{begins});
    }
    if (answer.accepted && !begins) {
        resumed_.set();
    }
    return answer;
}

command_answer machine::stop(bool now) {
    auto answer = progress_.asked.stop(now, progress_.place());
    if (answer.accepted && progress_.asked.wanted() == intent::stop_now) {
        training_.cancel();
    }
    return answer;
}

command_answer machine::evict(const command& what) {
    const auto who = what.name.empty() ? members_.roster.find(what.worker) : members_.roster.find(what.name);
    if (!who || !who->connection->is_open()) {
        return refused(what.name.empty() ? fmt::format("there is no worker {} here", what.worker)
                                         : fmt::format("there is no worker named '{}' here", what.name));
    }
    if (std::exchange(who->evicted, true)) {
        return refused(who->hello.name + " has been sent away already");
    }
    who->unusable = "it was sent away";
    members_.roster.forget_data(*who);
    who->has_model = false;
    who->connection->close("the master sent this worker away");
    return accepted(who->hello.name + " is sent away; it may come back by itself unless its certificate is "
                                      "revoked or its program is ended");
}

command_answer machine::change(const command& what) {
    const auto at = progress_.place();
    auto answer = progress_.asked.change(what, at);
    if (answer.accepted) {
        auto change = progress_.asked.told(at.next());
        change.clients_per_round = state_.clients_per_round(setting_.plan);
        checkpoints_.add(change);
        setting_.events.publish(std::move(change));
    }
    return answer;
}

/// Another plan in place of this one, which stays when that one cannot be run.
net::awaitable<command_answer> machine::start(std::string text) {
    if (progress_.asked.is_busy()) {
        co_return refused("a training is going on: stop it first");
    }
    try {
        auto plan = plan::parse_checked_plan(text, "plan");
        const auto objection = plan_folders_->objection_to(plan, setting_.options.workers_on_this_machine);
        if (!objection.empty()) {
            co_return refused(objection);
        }
        std::optional<initial_model> model;
        if (plan.model.input.size() != 0) {
            opening_ = std::stop_source();
            auto job = [&, given_up = opening_.get_token()](const std::stop_token& stop) {
                const auto unwanted = [&] { return given_up.stop_requested() || stop.stop_requested(); };
                return make_initial_model(plan.model, plan, setting_.options.memory_bytes, unwanted);
            };
            model = co_await setting_.offload(std::move(job));
            opening_ = std::stop_source(std::nostopstate);
        }
        setting_.plan = std::move(plan);
        open(std::move(model));
    } catch (const std::exception& e) {
        opening_ = std::stop_source(std::nostopstate);
        co_return refused(e.what());
    }
    introduce_run();
    progress_.enter(phase::waiting);
    progress_.asked.order_as_planned();
    ordered_.set();
    co_return accepted(fmt::format(
        "run {} of the plan '{}' begins{}", checkpoints_.run(), setting_.plan.name,
        ready_to_start() ? std::string() : ", when there are enough workers: " + missing_workers()));
}

} // namespace fedasio::master
