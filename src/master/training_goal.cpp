#include <fedasio/master/training_goal.hpp>

#include <string>

namespace fedasio::master {

void training_goal::begin() {
    accuracy_.reset();
    if (early_) {
        early_->begin();
    }
}

void training_goal::take(const round_result& result) {
    accuracy_ = decisive_accuracy(result);
    if (early_) {
        early_->take(result);
    }
}

void training_goal::recall(std::span<const round_result> rounds, std::uint32_t after) {
    begin();
    for (const auto& round : rounds) {
        if (round.round > after) {
            take(round);
        }
    }
}

std::optional<training_end> training_goal::reached(const terms& now, std::uint32_t round) const {
    const auto at = std::to_string(round);
    if (now.target_accuracy && accuracy_ && *accuracy_ >= *now.target_accuracy) {
        return training_end{training_outcome::target_reached,
                            "test accuracy " + std::to_string(*accuracy_) + " in round " + at};
    }
    if (round >= now.last_round) {
        return training_end{training_outcome::rounds_done, at + " rounds done"};
    }
    if (early_ && early_->is_reached()) {
        return training_end{training_outcome::stopped_early,
                            "stopped early after round " + at + ": " + early_->reason()};
    }
    return std::nullopt;
}

} // namespace fedasio::master
