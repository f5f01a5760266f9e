#include <algorithm>
#include <cmath>
#include <nn/activation.hpp>
#include <nn/objective.hpp>

namespace fedasio::nn {

namespace {

using class_numbers = std::span<const std::int32_t>;
using values = std::span<const float>;

/// log(sum(exp(z))) - z[label], which stays finite and exact however far the values are apart.
[[nodiscard]] double cross_entropy_of(const float* z, std::size_t outputs, std::size_t label) {
    const double top = *std::max_element(z, z + outputs);
    double sum = 0.0;
    for (std::size_t i = 0; i < outputs; ++i) {
        sum += std::exp(z[i] - top);
    }
    return std::log(sum) - (z[label] - top);
}

[[nodiscard]] float target_of(const targets& expected, std::size_t sample, std::size_t output,
                              std::size_t outputs) {
    if (const auto* labels = std::get_if<class_numbers>(&expected)) {
        return static_cast<std::size_t>((*labels)[sample]) == output ? 1.0F : 0.0F;
    }
    return std::get<values>(expected)[sample * outputs + output];
}

[[nodiscard]] double squared_error_of(const float* y, const targets& expected, std::size_t sample,
                                      std::size_t outputs) {
    double sum = 0.0;
    for (std::size_t i = 0; i < outputs; ++i) {
        const double error = static_cast<double>(y[i]) - target_of(expected, sample, i, outputs);
        sum += error * error;
    }
    return sum / static_cast<double>(outputs);
}

} // namespace

void measure(loss objective, const float* y, const targets& expected, std::size_t first, std::size_t outputs,
             std::size_t samples, batch_result& sum) {
    const auto* labels = std::get_if<class_numbers>(&expected);
    for (std::size_t i = 0; i < samples; ++i) {
        const float* sample = y + i * outputs;
        if (labels != nullptr) {
            const auto label = static_cast<std::size_t>((*labels)[first + i]);
            const auto top = static_cast<std::size_t>(std::max_element(sample, sample + outputs) - sample);
            sum.correct += top == label ? 1U : 0U;
        }
        sum.loss_sum +=
            objective == loss::cross_entropy
                ? cross_entropy_of(sample, outputs, static_cast<std::size_t>((*labels)[first + i]))
                : squared_error_of(sample, expected, first + i, outputs);
    }
}

prediction predict_class(loss objective, std::span<const float> y) {
    const auto top = std::ranges::max_element(y);
    const auto place = static_cast<std::uint32_t>(top - y.begin());
    const double confidence = objective == loss::cross_entropy
                                  ? std::exp(-cross_entropy_of(y.data(), y.size(), place))
                                  : std::clamp(static_cast<double>(*top), 0.0, 1.0);
    return {place, static_cast<float>(confidence)};
}

void differentiate(loss objective, float* y, const targets& expected, std::size_t outputs,
                   std::size_t samples) {
    const auto count = static_cast<float>(samples);
    float scale = 2.0F / (count * static_cast<float>(outputs));
    if (objective == loss::cross_entropy) {
        apply(activation::softmax, y, outputs, samples);
        scale = 1.0F / count;
    }
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::size_t i = 0; i < outputs; ++i) {
            float& value = y[sample * outputs + i];
            value = (value - target_of(expected, sample, i, outputs)) * scale;
        }
    }
}

} // namespace fedasio::nn
