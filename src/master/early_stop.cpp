#include <fedasio/master/early_stop.hpp>

#include "master/metric.hpp"
#include <fmt/format.h>

namespace fedasio::master {

void early_stop::take(const round_result& result) {
    const bool is_test = metric_.starts_with("test_");
    const auto value = is_test && result.test_partial ? std::nullopt : metric_of(result, metric_);
    if (!value) {
        return;
    }
    const double gain = best_ ? (higher_is_better_ ? *value - *best_ : *best_ - *value) : 0;
    if (!best_ || gain > least_change_) {
        best_ = value;
        best_round_ = result.round;
        since_best_ = 0;
        return;
    }
    ++since_best_;
}

void early_stop::begin() {
    best_.reset();
    best_round_ = since_best_ = 0;
}

std::string early_stop::reason() const {
    return fmt::format("{} has not become better{} for {} rounds; the best was {:.6g} in round {}", metric_,
                       least_change_ > 0 ? fmt::format(" by more than {:g}", least_change_) : "", since_best_,
                       best_.value_or(0), best_round_);
}

} // namespace fedasio::master
