#include <nn/objective.hpp>

#include <nn/activation.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

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

[[nodiscard]] float target_of(const targets& expected, std::size_t sample, std::size_t output, std::size_t outputs) {
    if (const auto* labels = std::get_if<class_numbers>(&expected)) {
        return static_cast<std::size_t>((*labels)[sample]) == output ? 1.0F : 0.0F;
    }
    return std::get<values>(expected)[sample * outputs + output];
}

[[nodiscard]] double squared_error_of(const float* y, const targets& expected, std::size_t sample, std::size_t outputs) {
    double sum = 0.0;
    for (std::size_t i = 0; i < outputs; ++i) {
        const double error = static_cast<double>(y[i]) - target_of(expected, sample, i, outputs);
        sum += error * error;
    }
    return sum / static_cast<double>(outputs);
}

} // namespace

void check_targets(loss objective, const targets& expected, std::size_t outputs, std::size_t samples) {
    if (const auto* labels = std::get_if<class_numbers>(&expected)) {
        if (labels->size() != samples) {
            throw std::invalid_argument("there are " + std::to_string(labels->size()) + " class numbers for " +
                                        std::to_string(samples) + " samples");
        }
        const auto is_outside = [outputs](std::int32_t label) {
            return label < 0 || static_cast<std::size_t>(label) >= outputs;
        };
        const auto wrong = std::find_if(labels->begin(), labels->end(), is_outside);
        if (wrong != labels->end()) {
            throw std::invalid_argument("class " + std::to_string(*wrong) + " of sample " +
                                        std::to_string(wrong - labels->begin()) + " is not in [0, " +
                                        std::to_string(outputs) +
                                        "): number the classes from 0, and give the last layer a unit for each");
        }
        return;
    }
    if (objective == loss::cross_entropy) {
        throw std::invalid_argument("cross_entropy needs class numbers and got values: use mean_squared_error");
    }
    const std::size_t count = std::get<values>(expected).size();
    if (count != samples * outputs) {
        throw std::invalid_argument("there are " + std::to_string(count) + " target values for " +
                                    std::to_string(samples) + " samples of " + std::to_string(outputs) + " outputs");
    }
}

batch_result measure(loss objective, float* y, const targets& expected, std::size_t first, std::size_t outputs,
                     std::size_t samples) {
    const auto* labels = std::get_if<class_numbers>(&expected);
    batch_result result;
    for (std::size_t i = 0; i < samples; ++i) {
        const float* sample = y + i * outputs;
        if (labels != nullptr) {
            const auto label = static_cast<std::size_t>((*labels)[first + i]);
            const auto top = static_cast<std::size_t>(std::max_element(sample, sample + outputs) - sample);
            result.correct += top == label ? 1U : 0U;
        }
        result.loss_sum += objective == loss::cross_entropy
                               ? cross_entropy_of(sample, outputs, static_cast<std::size_t>((*labels)[first + i]))
                               : squared_error_of(sample, expected, first + i, outputs);
    }
    if (objective == loss::cross_entropy) {
        apply(activation::softmax, y, outputs, samples);
    }
    return result;
}

void differentiate(loss objective, float* y, const targets& expected, std::size_t outputs, std::size_t samples) {
    const auto count = static_cast<float>(samples);
    const float scale = objective == loss::cross_entropy ? 1.0F / count : 2.0F / (count * static_cast<float>(outputs));
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::size_t i = 0; i < outputs; ++i) {
            float& value = y[sample * outputs + i];
            value = (value - target_of(expected, sample, i, outputs)) * scale;
        }
    }
}

} // namespace fedasio::nn
