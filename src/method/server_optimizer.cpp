#include <fedasio/method/server_optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace fedasio::method {

namespace {

void require_finite(std::span<const float> values, const char* what) {
    const auto bad = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
    if (bad != values.end()) {
        throw std::overflow_error(std::string(what) + " " + std::to_string(bad - values.begin()) + " of " +
                                  std::to_string(values.size()) + " is not a finite number");
    }
}

} // namespace

server_optimizer::server_optimizer(const strategy_spec& spec, std::size_t parameters)
    : spec_(spec), parameters_(parameters),
      velocity_(spec.type == strategy_spec::kind::fedavgm ? parameters : 0, 0.0F), spare_(velocity_) {}

void server_optimizer::apply(std::span<const float> current, std::span<const float> mean,
                             std::span<float> next) {
    if (current.size() != parameters_ || mean.size() != parameters_ || next.size() != parameters_) {
        throw std::invalid_argument(
            "server_optimizer: the spans must have as many values as the model has parameters");
    }
    if (spec_.type == strategy_spec::kind::fedavg) {
        std::copy(mean.begin(), mean.end(), next.begin());
        require_finite(next, "weight");
        return;
    }
    for (std::size_t i = 0; i < parameters_; ++i) {
        const double before = current[i];
        const double velocity = spec_.server_momentum * velocity_[i] + (before - mean[i]);
        spare_[i] = static_cast<float>(velocity);
        next[i] = static_cast<float>(before - spec_.server_learning_rate * velocity);
    }
    require_finite(spare_, "momentum of parameter");
    require_finite(next, "weight");
    velocity_.swap(spare_);
}

} // namespace fedasio::method
