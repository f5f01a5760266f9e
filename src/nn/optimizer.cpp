#include <algorithm>
#include <array>
#include <cmath>
#include <nn/optimizer.hpp>
#include <stdexcept>
#include <string>

namespace fedasio::nn {

namespace {

void require(bool is_met, const char* name, float value, const char* range) {
    if (!is_met) {
        throw std::invalid_argument("the optimizer's " + std::string(name) + " is " + std::to_string(value) +
                                    ": it must be " + range);
    }
}

void check(const optimizer_spec& spec) {
    const auto is_positive = [](float value) { return std::isfinite(value) && value > 0.0F; };
    const auto is_weight = [](float value) { return std::isfinite(value) && value >= 0.0F; };
    const auto is_share = [](float value) { return value >= 0.0F && value < 1.0F; };
    require(is_positive(spec.learning_rate), "learning_rate", spec.learning_rate, "above 0");
    require(is_share(spec.momentum), "momentum", spec.momentum, "at least 0 and below 1");
    require(is_share(spec.beta1), "beta1", spec.beta1, "at least 0 and below 1");
    require(is_share(spec.beta2), "beta2", spec.beta2, "at least 0 and below 1");
    require(is_positive(spec.epsilon), "epsilon", spec.epsilon, "above 0");
    require(is_weight(spec.weight_decay), "weight_decay", spec.weight_decay, "at least 0");
    require(is_weight(spec.proximal), "proximal", spec.proximal, "at least 0");
}

} // namespace

optimizer::optimizer(const optimizer_spec& spec, std::size_t parameters) : spec_(spec) {
    check(spec);
    const bool is_adam = spec.type == optimizer_spec::kind::adam;
    if (spec.proximal > 0.0F) {
        start_ = aligned_floats(parameters);
    }
    if (is_adam || spec.momentum > 0.0F) {
        first_moment_ = aligned_floats(parameters);
    }
    if (is_adam) {
        second_moment_ = aligned_floats(parameters);
    }
}

void optimizer::begin(std::span<const float> start) {
    std::copy_n(start.begin(), start_.size(), start_.data());
    std::fill_n(first_moment_.data(), first_moment_.size(), 0.0F);
    std::fill_n(second_moment_.data(), second_moment_.size(), 0.0F);
    beta1_power_ = 1.0;
    beta2_power_ = 1.0;
}

void optimizer::update(std::span<float> weights, std::span<const float> gradient) {
    const bool is_proximal = start_.size() != 0;
    if (spec_.type == optimizer_spec::kind::adam) {
        is_proximal ? adam<true>(weights, gradient) : adam<false>(weights, gradient);
    } else if (first_moment_.size() != 0) {
        is_proximal ? sgd<true, true>(weights, gradient) : sgd<true, false>(weights, gradient);
    } else {
        is_proximal ? sgd<false, true>(weights, gradient) : sgd<false, false>(weights, gradient);
    }
}

template <bool Momentum, bool Proximal>
void optimizer::sgd(std::span<float> weights, std::span<const float> gradient) {
    float* __restrict w = weights.data();
    const float* __restrict g = gradient.data();
    const float* __restrict start = start_.data();
    float* __restrict velocity = first_moment_.data();
    const auto [rate, momentum, decay, proximal] =
        std::array{spec_.learning_rate, spec_.momentum, spec_.weight_decay, spec_.proximal};
    for (std::size_t i = 0; i < weights.size(); ++i) {
        float step = g[i] + decay * w[i];
        if constexpr (Proximal) {
            step += proximal * (w[i] - start[i]);
        }
        if constexpr (Momentum) {
            step += momentum * velocity[i];
            velocity[i] = step;
        }
        w[i] -= rate * step;
    }
}

template <bool Proximal>
void optimizer::adam(std::span<float> weights, std::span<const float> gradient) {
    float* __restrict w = weights.data();
    const float* __restrict g = gradient.data();
    const float* __restrict start = start_.data();
    float* __restrict first = first_moment_.data();
    float* __restrict second = second_moment_.data();
    beta1_power_ *= spec_.beta1;
    beta2_power_ *= spec_.beta2;
    const auto rate = static_cast<float>(spec_.learning_rate / (1.0 - beta1_power_));
    const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - beta2_power_));
    const optimizer_spec spec = spec_;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        float slope = g[i] + spec.weight_decay * w[i];
        if constexpr (Proximal) {
            slope += spec.proximal * (w[i] - start[i]);
        }
        first[i] = spec.beta1 * first[i] + (1.0F - spec.beta1) * slope;
        second[i] = spec.beta2 * second[i] + (1.0F - spec.beta2) * slope * slope;
        w[i] -= rate * first[i] / (std::sqrt(second[i]) * correction + spec.epsilon);
    }
}

} // namespace fedasio::nn
