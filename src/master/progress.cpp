#include "master/progress.hpp"

#include <chrono>

namespace fedasio::master {

void progress::begin_anew() {
    asked = orders(setting_.plan);
    running_round_ = 0;
    has_cohort_ = false;
}

void progress::begin_training() {
    has_loaded_ = has_cohort_ = false;
}

void progress::begin_round() {
    running_round_ = model_.round() + 1;
    in_round_ = true;
    asked.begin_round();
}

void progress::reopen_round() {
    running_round_ = model_.round();
    in_round_ = true;
    asked.begin_round();
}

round_place progress::place() const {
    return {model_.round(), in_round_ ? std::optional(running_round_) : std::nullopt,
            now() == phase::waiting};
}

net::clock::duration progress::patience() const {
    const std::chrono::duration<double> seconds(asked.of_round().deadline);
    return std::chrono::duration_cast<net::clock::duration>(seconds);
}

bool progress::invariants() const {
    const auto finished = model_.round();
    return !in_round_ || running_round_ == finished + 1 || running_round_ == finished;
}

} // namespace fedasio::master
