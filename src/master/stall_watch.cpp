#include <fedasio/master/stall_watch.hpp>

#include <chrono>
#include <utility>
#include <variant>

namespace fedasio::master {

stall_watch::stall_watch(net::clock& time, event_source& events) : time_(time), events_(events) {
    events.subscribe([this](const event& happened) { take(happened); });
}

void stall_watch::take(const event& happened) {
    if (const auto* const opened = std::get_if<run_opened>(&happened.what)) {
        deadline_ = opened->deadline;
    } else if (const auto* const resumed = std::get_if<run_resumed>(&happened.what)) {
        deadline_ = resumed->changes.empty() ? deadline_ : resumed->changes.back().deadline;
    } else if (const auto* const changed = std::get_if<plan_changed>(&happened.what)) {
        deadline_ = changed->deadline;
        if (look_) { // it may be sooner now
            look_ = time_.at(until(), [this] { look(); });
        }
    } else if (std::holds_alternative<training_started>(happened.what)) {
        is_training_ = true;
        note_progress(happened.time);
    } else if (std::holds_alternative<client_updated>(happened.what) ||
               std::holds_alternative<round_finished>(happened.what)) {
        note_progress(happened.time);
    } else if (const auto* const phase = std::get_if<phase_entered>(&happened.what)) {
        if (phase->now == phase::paused) {
            rest();
        } else if (!look_ && !is_stalled_) { // a pause is over
            note_progress(happened.time);
        }
    } else if (std::holds_alternative<training_finished>(happened.what)) {
        is_training_ = false;
        rest();
    }
}

void stall_watch::note_progress(double time) {
    last_ = time_.now();
    last_unix_time_ = time;
    end_stall();
    if (is_training_ && deadline_ > 0 && !look_) {
        look_ = time_.at(until(), [this] { look(); });
    }
}

/// Nothing is expected.
void stall_watch::rest() {
    look_.reset();
    end_stall();
}

/// Of thousands of updates each only notes when it came; here it is seen whether the last is too long ago.
void stall_watch::look() {
    look_.reset();
    if (time_.now() < until()) {
        look_ = time_.at(until(), [this] { look(); });
        return;
    }
    is_stalled_ = true;
    events_.publish(progress_stalled{last_unix_time_, deadline_});
}

void stall_watch::end_stall() {
    if (std::exchange(is_stalled_, false)) {
        end_ = time_.at(time_.now(), [this] { events_.publish(progress_stalled{{}, deadline_}); });
    }
}

net::clock::time_point stall_watch::until() const {
    return last_ + std::chrono::duration_cast<net::clock::duration>(std::chrono::duration<double>(deadline_));
}

} // namespace fedasio::master
