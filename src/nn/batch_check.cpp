#include <algorithm>
#include <nn/batch_check.hpp>
#include <stdexcept>
#include <string>

namespace fedasio::nn {

void check_weights(const network& model, std::span<const float> weights) {
    if (weights.size() != model.parameter_count()) {
        throw std::invalid_argument("there are " + std::to_string(weights.size()) +
                                    " weights for a model of " + std::to_string(model.parameter_count()) +
                                    " parameters");
    }
}

void check_features(const network& model, std::span<const float> features, std::size_t samples) {
    const std::size_t inputs = model.input().size();
    if (features.size() % inputs != 0 || features.size() / inputs != samples) {
        throw std::invalid_argument("there are " + std::to_string(features.size()) + " features for " +
                                    std::to_string(samples) + " samples of " + std::to_string(inputs) +
                                    " each");
    }
}

void check_targets(const network& model, const targets& expected, std::size_t samples) {
    const std::size_t outputs = model.output().size();
    if (const auto* labels = std::get_if<std::span<const std::int32_t>>(&expected)) {
        if (labels->size() != samples) {
            throw std::invalid_argument("there are " + std::to_string(labels->size()) +
                                        " class numbers for " + std::to_string(samples) + " samples");
        }
        const auto is_outside = [outputs](std::int32_t label) {
            return label < 0 || static_cast<std::size_t>(label) >= outputs;
        };
        const auto wrong = std::find_if(labels->begin(), labels->end(), is_outside);
        if (wrong != labels->end()) {
            throw std::invalid_argument(
                "class " + std::to_string(*wrong) + " of sample " + std::to_string(wrong - labels->begin()) +
                " is not in [0, " + std::to_string(outputs) +
                "): number the classes from 0, and give the last layer a unit for each");
        }
        return;
    }
    if (model.spec().objective == loss::cross_entropy) {
        throw std::invalid_argument(
            "cross_entropy needs class numbers and got values: use mean_squared_error");
    }
    const std::size_t count = std::get<std::span<const float>>(expected).size();
    if (count != samples * outputs) {
        throw std::invalid_argument("there are " + std::to_string(count) + " target values for " +
                                    std::to_string(samples) + " samples of " + std::to_string(outputs) +
                                    " outputs");
    }
}

} // namespace fedasio::nn
