#include <fedasio/master/orders.hpp>
#include <fedasio/text/rare_branch.hpp>

#include "master/answers_to_commands.hpp"
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

std::string why_no_accuracy(const plan::plan& plan) {
    if (plan::is_regression(plan)) {
        return "a regression has no accuracy that could be a target";
    }
    if (!plan::is_tested(plan)) {
        return "without test data there is no test accuracy that could be a target";
    }
    return {};
}

} // namespace

orders::orders(const plan::plan& plan) : planned_(terms_of(plan)), no_accuracy_(why_no_accuracy(plan)) {}

plan_changed orders::told(std::uint32_t round, std::string loaded) const {
    const auto now = in_force();
    return {round, now.last_round, now.target_accuracy, now.deadline, now.fraction, std::move(loaded)};
}

std::string orders::objection_to_begin() const {
    if (now_ == course::over) {
        return "the master ends now: start it again, with --resume to go on from here";
    }
    return is_training() || is_ordered_ ? "a training is going on: stop it first" : "";
}

command_answer orders::train(const command& what, const round_place& at, const std::string& missing) {
    if (auto objection = objection_to_begin(); !objection.empty()) {
        return refused(std::move(objection));
    }
    if (!missing.empty()) {
        return refused("not enough workers: " + missing);
    }
    const auto target =
        !what.target_accuracy && changed_.target_changed ? changed_.target_accuracy : what.target_accuracy;
    is_ordered_ = true;
    // A last round that was set by `change` is a goal that is reached once.
    if (!what.rounds && changed_.rounds && *changed_.rounds > at.finished) {
        ordered_ = {*changed_.rounds, target, at.finished};
        return accepted(
            fmt::format("training up to round {}, the last one since it was changed; name the rounds "
                        "for another number",
                        *changed_.rounds));
    }
    const auto rounds = what.rounds.value_or(planned_.last_round);
    ordered_ = {at.finished + rounds, target, at.finished};
    return accepted(fmt::format("training {} rounds", rounds));
}

command_answer orders::pause() {
    if (!is_training()) {
        if (now_ == course::ending || now_ == course::over) {
            text::passes(text::rare_branch::paused_while_ending);
        }
        return refused("nothing is being trained");
    }
    if (is_stopping()) {
        return refused("it is being stopped already");
    }
    if (wanted_ == intent::pause) {
        return refused("it is paused, or about to be");
    }
    wanted_ = intent::pause;
    return accepted("pausing before the next round");
}

command_answer orders::resume() {
    if (wanted_ != intent::pause) {
        return refused("it is not paused");
    }
    wanted_ = intent::go_on;
    return accepted("going on");
}

/// Between two rounds, and while a round waits for workers, there is nothing whose end could be waited for.
command_answer orders::stop(bool now, const round_place& at) {
    if (!is_training()) {
        return refused("nothing is being trained");
    }
    if (wanted_ == intent::stop_now) {
        return refused("it is being stopped already");
    }
    if (wanted_ == intent::stop && !now) {
        return refused(fmt::format(
            "it is being stopped already, after round {}; stop now gives that round up", at.present()));
    }
    if (!now && at.open && !at.is_waiting) {
        wanted_ = intent::stop;
        return accepted(fmt::format("stopping after round {}", *at.open));
    }
    wanted_ = intent::stop_now;
    return accepted(fmt::format("stopping; the weights of round {} stay", at.finished));
}

std::string orders::objection_to(const command& change, const round_place& at) const {
    if (is_stopping() && is_training()) {
        return "the training is being stopped: change the next one when it has ended";
    }
    if (!change.rounds && !change.target_accuracy && !change.no_target && !change.deadline &&
        !change.fraction) {
        return "name what is to change: rounds, target_accuracy, deadline or fraction";
    }
    if (change.rounds && *change.rounds < at.present()) {
        return fmt::format("rounds is the last round in all, and round {} {}: it cannot be {}", at.present(),
                           at.open ? "has begun" : "is the next", *change.rounds);
    }
    return change.target_accuracy ? no_accuracy_ : std::string();
}

command_answer orders::change(const command& what, const round_place& at) {
    if (auto objection = objection_to(what, at); !objection.empty()) {
        return refused(std::move(objection));
    }
    std::string news;
    const auto tell = [&](const std::string& text) { news += (news.empty() ? "" : ", ") + text; };
    if (what.rounds) {
        changed_.rounds = what.rounds;
        if (ordered_) {
            ordered_->last_round = *what.rounds;
        }
        tell(fmt::format("the last round is {}", *what.rounds));
    }
    if (what.target_accuracy || what.no_target) {
        changed_.target_changed = true;
        changed_.target_accuracy = what.target_accuracy;
        if (ordered_) {
            ordered_->target_accuracy = what.target_accuracy;
        }
        tell(what.no_target ? "no target accuracy"
                            : fmt::format("the target accuracy is {}", *what.target_accuracy));
    }
    if (what.deadline) {
        changed_.deadline = what.deadline;
        tell(fmt::format("the deadline is {} s", *what.deadline));
    }
    if (what.fraction) {
        changed_.fraction = what.fraction;
        tell(fmt::format("the fraction is {}", *what.fraction));
    }
    return accepted(news +
                    (what.deadline || what.fraction ? fmt::format(" from round {} on", at.next()) : ""));
}

void orders::begin_training() noexcept {
    is_ordered_ = false;
    wanted_ = intent::go_on;
    now_ = course::training;
}

void orders::end_training(bool is_last) noexcept {
    wanted_ = intent::go_on;
    now_ = is_last || now_ == course::over ? course::over : course::ending;
}

bool orders::take_up(const kept_orders& kept, std::uint32_t finished) {
    changed_ = kept.changed;
    ordered_ = kept.ordered;
    const auto& then = kept.planned;
    const bool has_other_rounds = planned_.last_round != then.last_round;
    const bool has_other_target = planned_.target_accuracy != then.target_accuracy;
    if (has_other_rounds) {
        changed_.rounds.reset();
    }
    if (has_other_target) {
        changed_.target_changed = false;
    }
    if (planned_.deadline != then.deadline) {
        changed_.deadline.reset();
    }
    // An order that was carried out is none any more: the plan has the word again.
    if (ordered_ && (has_other_rounds || has_other_target || ordered_->last_round <= finished)) {
        ordered_.reset();
    }
    return ordered_.has_value();
}

} // namespace fedasio::master
