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

optimizer::optimizer(const optimizer_spec& spec, std::size_t parameters) : spec_(spec), weights_(parameters) {
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
    std::ranges::copy(start, weights_.data());
    std::copy_n(start.begin(), start_.size(), start_.data());
    std::fill_n(first_moment_.data(), first_moment_.size(), 0.0F);
    std::fill_n(second_moment_.data(), second_moment_.size(), 0.0F);
    beta1_power_ = 1.0;
    beta2_power_ = 1.0;
}

void optimizer::begin_step() {
    beta1_power_ *= spec_.beta1;
    beta2_power_ *= spec_.beta2;
}

bool optimizer::is_plain() const noexcept {
    return spec_.type == optimizer_spec::kind::sgd && first_moment_.size() == 0 && start_.size() == 0 &&
           spec_.weight_decay == 0.0F;
}

void optimizer::step(std::size_t first, product gradient) {
    if (is_plain()) {
        gradient.c = weights_.data() + first;
        gradient.start = gradient.c;
        gradient.start_column = gradient.c_column;
        gradient.scale = -spec_.learning_rate;
        compute(gradient);
        return;
    }
    compute(gradient);
    step(first, {gradient.c, gradient.rows * gradient.columns});
}

void optimizer::step(std::size_t first, std::span<const float> gradient) {
    const bool is_proximal = start_.size() != 0;
    if (spec_.type == optimizer_spec::kind::adam) {
        is_proximal ? adam<true>(first, gradient) : adam<false>(first, gradient);
    } else if (first_moment_.size() != 0) {
        is_proximal ? sgd<true, true>(first, gradient) : sgd<true, false>(first, gradient);
    } else {
        is_proximal ? sgd<false, true>(first, gradient) : sgd<false, false>(first, gradient);
    }
}

template <bool Momentum, bool Proximal>
void optimizer::sgd(std::size_t first, std::span<const float> gradient) {
    float* __restrict w = weights_.data() + first;
    const float* __restrict g = gradient.data();
    const float* __restrict start = Proximal ? start_.data() + first : nullptr;
    float* __restrict velocity = Momentum ? first_moment_.data() + first : nullptr;
    const auto [rate, momentum, decay, proximal] =
        std::array{spec_.learning_rate, spec_.momentum, spec_.weight_decay, spec_.proximal};
    for (std::size_t i = 0; i < gradient.size(); ++i) {
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
void optimizer::adam(std::size_t first, std::span<const float> gradient) {
    float* __restrict w = weights_.data() + first;
    const float* __restrict g = gradient.data();
    const float* __restrict start = Proximal ? start_.data() + first : nullptr;
    float* __restrict m = first_moment_.data() + first;
    float* __restrict v = second_moment_.data() + first;
    const auto rate = static_cast<float>(spec_.learning_rate / (1.0 - beta1_power_));
    const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - beta2_power_));
    const optimizer_spec spec = spec_;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        float slope = g[i] + spec.weight_decay * w[i];
        if constexpr (Proximal) {
            slope += spec.proximal * (w[i] - start[i]);
        }
        m[i] = spec.beta1 * m[i] + (1.0F - spec.beta1) * slope;
        v[i] = spec.beta2 * v[i] + (1.0F - spec.beta2) * slope * slope;
        w[i] -= rate * m[i] / (std::sqrt(v[i]) * correction + spec.epsilon);
    }
}

} // namespace fedasio::nn
