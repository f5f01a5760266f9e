#include <algorithm>
#include <array>
#include <cmath>
#include <nn/batch_check.hpp>
#include <nn/optimizer.hpp>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fedasio::nn {

namespace {

void require(bool is_met, std::string_view whose, const char* name, float value, const char* range) {
    if (!is_met) {
        throw std::invalid_argument(std::string(whose) + name + " is " + std::to_string(value) +
                                    ": it must be " + range);
    }
}

[[nodiscard]] bool is_positive(float value) {
    return std::isfinite(value) && value > 0.0F;
}

[[nodiscard]] bool is_weight(float value) {
    return std::isfinite(value) && value >= 0.0F;
}

void check_spec(const optimizer_spec& spec) {
    const auto is_share = [](float value) { return value >= 0.0F && value < 1.0F; };
    constexpr std::string_view of = "the optimizer's ";
    require(is_positive(spec.learning_rate), of, "learning_rate", spec.learning_rate, "above 0");
    require(is_share(spec.momentum), of, "momentum", spec.momentum, "at least 0 and below 1");
    require(is_share(spec.beta1), of, "beta1", spec.beta1, "at least 0 and below 1");
    require(is_share(spec.beta2), of, "beta2", spec.beta2, "at least 0 and below 1");
    require(is_positive(spec.epsilon), of, "epsilon", spec.epsilon, "above 0");
    require(is_weight(spec.weight_decay), of, "weight_decay", spec.weight_decay, "at least 0");
    require(is_weight(spec.proximal), of, "proximal", spec.proximal, "at least 0");
}

void check_optional(std::span<const float> values, const char* name, std::size_t parameters) {
    if (!values.empty() && values.size() != parameters) {
        throw std::invalid_argument("a training pass has " + std::to_string(values.size()) + " floats of " +
                                    name + " for a model of " + std::to_string(parameters) +
                                    " parameters: give one a parameter, or none");
    }
}

} // namespace

optimizer::optimizer(const optimizer_spec& spec, const network& model)
    : spec_(spec), model_(model), own_(model.parameter_count()), into_(own_.data()), weights_(into_) {
    check_spec(spec);
    const bool is_adam = spec.type == optimizer_spec::kind::adam;
    learning_.reserve(model.parameters().size());
    if (spec.proximal > 0.0F) {
        start_ = aligned_floats(own_.size());
    }
    if (is_adam || spec.momentum > 0.0F) {
        first_moment_ = aligned_floats(own_.size());
    }
    if (is_adam) {
        second_moment_ = aligned_floats(own_.size());
    }
}

void optimizer::check(const training_pass& pass) const {
    check_weights(model_, pass.weights);
    check_optional(pass.correction, "correction", own_.size());
    check_optional(pass.anchor, "anchor", own_.size());
    check_optional(pass.into, "room", own_.size());
    const float rate = pass.learning_rate.value_or(spec_.learning_rate);
    const float proximal = pass.proximal.value_or(spec_.proximal);
    constexpr std::string_view of = "a training pass's ";
    require(is_weight(rate), of, "learning_rate", rate, "at least 0");
    require(is_weight(proximal), of, "proximal", proximal, "at least 0");
    const std::size_t arrays = model_.parameters().size();
    for (const std::size_t array : pass.frozen) {
        if (array >= arrays) {
            throw std::invalid_argument("a training pass freezes array " + std::to_string(array) +
                                        " of a model that has " + std::to_string(arrays) +
                                        ": number them from 0 as network::parameters() does");
        }
    }
    const auto is_frozen = [&](std::size_t array) {
        return std::ranges::find(pass.frozen, array) != pass.frozen.end();
    };
    if (std::ranges::all_of(std::views::iota(std::size_t{0}, arrays), is_frozen)) {
        throw std::invalid_argument("a training pass freezes all of the model's arrays: leave one to learn");
    }
}

void optimizer::begin(const training_pass& pass) {
    check(pass);
    terms_ = {.learning_rate = pass.learning_rate.value_or(spec_.learning_rate),
              .proximal = pass.proximal.value_or(spec_.proximal),
              .correction = pass.correction.empty() ? nullptr : pass.correction.data()};
    if (terms_.proximal > 0.0F && pass.anchor.empty()) {
        if (start_.size() == 0) {
            start_ = aligned_floats(own_.size());
        }
        std::ranges::copy(pass.weights, start_.data());
        terms_.anchor = start_.data();
    } else if (terms_.proximal > 0.0F) {
        terms_.anchor = pass.anchor.data();
    }
    set_learning(pass.frozen);
    place(pass);
    std::fill_n(first_moment_.data(), first_moment_.size(), 0.0F);
    std::fill_n(second_moment_.data(), second_moment_.size(), 0.0F);
    beta1_power_ = 1.0;
    beta2_power_ = 1.0;
    steps_ = 0;
}

// Where all learn, the first step writes each of them into its place; no pass over all is needed before.
void optimizer::place(const training_pass& pass) {
    into_ = pass.into.empty() ? own_.data() : pass.into.data();
    weights_ = into_;
    if (!pass.into.empty() && pass.frozen.empty()) {
        weights_ = pass.weights.data();
    } else if (pass.weights.data() != into_) {
        std::ranges::copy(pass.weights, into_);
    }
}

void optimizer::set_learning(std::span<const std::size_t> frozen) {
    learning_.clear();
    for (std::size_t array = 0; array < model_.parameters().size(); ++array) {
        if (std::ranges::find(frozen, array) != frozen.end()) {
            continue;
        }
        const parameter& it = model_.parameters()[array];
        if (!learning_.empty() && learning_.back().last == it.offset) {
            learning_.back().last += it.size;
        } else {
            learning_.push_back({it.offset, it.offset + it.size});
        }
    }
}

bool optimizer::learns(std::size_t first, std::size_t count) const noexcept {
    return std::ranges::any_of(learning_, [=](const run& it) {
        return std::max(it.first, first) < std::min(it.last, first + count);
    });
}

void optimizer::begin_step() {
    beta1_power_ *= spec_.beta1;
    beta2_power_ *= spec_.beta2;
    ++steps_;
}

bool optimizer::is_plain() const noexcept {
    return spec_.type == optimizer_spec::kind::sgd && spec_.momentum == 0.0F && spec_.weight_decay == 0.0F &&
           terms_.proximal == 0.0F && terms_.correction == nullptr;
}

void optimizer::end_step() {
    weights_ = into_;
}

void optimizer::step(std::size_t first, product gradient) {
    const std::size_t count = gradient.rows * gradient.columns;
    if (!learns(first, count)) {
        return;
    }
    if (is_plain()) {
        gradient.c = into_ + first;
        gradient.start = weights_ + first;
        gradient.start_column = gradient.c_column;
        gradient.scale = -terms_.learning_rate;
        compute(gradient);
        return;
    }
    compute(gradient);
    step_run(first, {gradient.c, count});
}

void optimizer::step(std::size_t first, std::span<const float> gradient) {
    for (const run& it : learning_) {
        const std::size_t from = std::max(first, it.first);
        const std::size_t to = std::min(first + gradient.size(), it.last);
        if (from < to) {
            step_run(from, gradient.subspan(from - first, to - from));
        }
    }
}

void optimizer::step_run(std::size_t first, std::span<const float> gradient) {
    const bool is_proximal = terms_.proximal > 0.0F;
    if (weights_ != into_) {
        std::copy_n(weights_ + first, gradient.size(), into_ + first);
    }
    if (terms_.correction != nullptr) {
        is_proximal ? step_with<true, true>(first, gradient) : step_with<true, false>(first, gradient);
    } else {
        is_proximal ? step_with<false, true>(first, gradient) : step_with<false, false>(first, gradient);
    }
}

template <bool Corrected, bool Proximal>
void optimizer::step_with(std::size_t first, std::span<const float> gradient) {
    if (spec_.type == optimizer_spec::kind::adam) {
        adam<Corrected, Proximal>(first, gradient);
    } else if (first_moment_.size() != 0) {
        sgd<true, Corrected, Proximal>(first, gradient);
    } else {
        sgd<false, Corrected, Proximal>(first, gradient);
    }
}

namespace {

/// One parameter's gradient with all that is added to it; see training_pass.
template <bool Corrected, bool Proximal>
struct full_gradient {
    const float* __restrict loss;
    const float* __restrict correction;
    const float* __restrict anchor;
    float decay;
    float proximal;

    [[gnu::always_inline]] float at(std::size_t i, float w) const {
        float sum = loss[i];
        if constexpr (Corrected) {
            sum += correction[i];
        }
        sum += decay * w;
        if constexpr (Proximal) {
            sum += proximal * (w - anchor[i]);
        }
        return sum;
    }
};

} // namespace

template <bool Momentum, bool Corrected, bool Proximal>
void optimizer::sgd(std::size_t first, std::span<const float> gradient) {
    float* __restrict w = into_ + first;
    float* __restrict velocity = Momentum ? first_moment_.data() + first : nullptr;
    const full_gradient<Corrected, Proximal> slope{
        gradient.data(), Corrected ? terms_.correction + first : nullptr,
        Proximal ? terms_.anchor + first : nullptr, spec_.weight_decay, terms_.proximal};
    const float rate = terms_.learning_rate;
    const float momentum = spec_.momentum;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        float step = slope.at(i, w[i]);
        if constexpr (Momentum) {
            step += momentum * velocity[i];
            velocity[i] = step;
        }
        w[i] -= rate * step;
    }
}

template <bool Corrected, bool Proximal>
void optimizer::adam(std::size_t first, std::span<const float> gradient) {
    float* __restrict w = into_ + first;
    float* __restrict m = first_moment_.data() + first;
    float* __restrict v = second_moment_.data() + first;
    const full_gradient<Corrected, Proximal> slope{
        gradient.data(), Corrected ? terms_.correction + first : nullptr,
        Proximal ? terms_.anchor + first : nullptr, spec_.weight_decay, terms_.proximal};
    const auto rate = static_cast<float>(terms_.learning_rate / (1.0 - beta1_power_));
    const auto root = static_cast<float>(1.0 / std::sqrt(1.0 - beta2_power_));
    const auto [beta1, beta2, epsilon] = std::array{spec_.beta1, spec_.beta2, spec_.epsilon};
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const float g = slope.at(i, w[i]);
        m[i] = beta1 * m[i] + (1.0F - beta1) * g;
        v[i] = beta2 * v[i] + (1.0F - beta2) * g * g;
        w[i] -= rate * m[i] / (std::sqrt(v[i]) * root + epsilon);
    }
}

} // namespace fedasio::nn
