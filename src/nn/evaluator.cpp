#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/evaluator.hpp>

#include <algorithm>
#include <array>
#include <nn/activation.hpp>
#include <nn/batch_check.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/no_denormals.hpp>
#include <nn/objective.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::nn {

namespace {

[[nodiscard]] std::size_t checked_size(std::size_t block) {
    if (block == 0 || block > 0x7fffffff) {
        throw std::invalid_argument("an evaluator's block is " + std::to_string(block) +
                                    ": it must be 1 or more");
    }
    return block;
}

void check_details(const evaluation_details& details, const targets& expected, std::size_t samples,
                   std::size_t outputs) {
    if (!details.predictions.empty() && details.predictions.size() != samples) {
        throw std::invalid_argument("there is room for " + std::to_string(details.predictions.size()) +
                                    " predictions of " + std::to_string(samples) + " samples");
    }
    const bool classes = std::holds_alternative<std::span<const std::int32_t>>(expected);
    if (details.scores != nullptr && (!classes || details.scores->classes() != outputs)) {
        throw std::invalid_argument("scores of " + std::to_string(details.scores->classes()) +
                                    " classes do not fit " + std::to_string(outputs) + " outputs" +
                                    (classes ? "" : " that are values"));
    }
    if ((details.values != nullptr || details.histogram != nullptr) && classes) {
        throw std::invalid_argument("classes have no errors in a unit");
    }
}

/// What is asked for of a block of samples, of which `first` is the first; their outputs are as measure()
/// takes them.
void note(const evaluation_details& details, loss objective, const float* outputs, std::size_t width,
          std::size_t samples, const targets& expected, std::size_t first) {
    for (std::size_t i = 0; i < samples && !details.predictions.empty(); ++i) {
        details.predictions[first + i] = predict_class(objective, {outputs + i * width, width});
    }
    if (details.scores != nullptr) {
        const auto labels = std::get<std::span<const std::int32_t>>(expected).subspan(first, samples);
        for (std::size_t i = 0; i < samples; ++i) {
            details.scores->count(objective, {outputs + i * width, width},
                                  static_cast<std::size_t>(labels[i]));
        }
    }
    if (details.values == nullptr && details.histogram == nullptr) {
        return;
    }
    const auto values = std::get<std::span<const float>>(expected).subspan(first * width, samples * width);
    for (std::size_t i = 0; i < values.size() && details.values != nullptr; ++i) {
        details.values->add(outputs[i], values[i]);
    }
    for (std::size_t i = 0; i < values.size() && details.histogram != nullptr; ++i) {
        details.histogram->count(outputs[i], values[i]);
    }
}

} // namespace

struct evaluator::memory {
    memory(const network& used, std::size_t samples)
        : model(used), block(samples), stages(make_stages(model, samples, nullptr)) {
        std::size_t widest = model.input().size();
        for (const stage& it : stages) {
            widest = std::max(widest, it.outputs);
        }
        values = {aligned_floats(widest * block), aligned_floats(widest * block)};
    }

    // Gives the outputs, under cross_entropy those before softmax.
    float* forward(const float* weights, std::span<const float> features, std::size_t samples) {
        std::ranges::copy(features, values[0].data());
        std::size_t in = 0;
        for (const stage& it : stages) {
            it.kernel->forward(weights + it.offset, values[in].data(), values[1 - in].data(), samples);
            in = 1 - in;
        }
        return values[in].data();
    }

    // Calls work(first sample of a block, samples in it, its outputs).
    template <class Work>
    void for_each_block(std::span<const float> weights, std::span<const float> features, std::size_t samples,
                        Work work) {
        const no_denormals mode;
        const std::size_t inputs = model.input().size();
        for (std::size_t first = 0; first < samples; first += block) {
            const std::size_t count = std::min(block, samples - first);
            work(first, count,
                 forward(weights.data(), features.subspan(first * inputs, count * inputs), count));
        }
    }

    network model;
    std::size_t block;
    std::vector<stage> stages;
    std::array<aligned_floats, 2> values; ///< what goes into a layer and what comes out, in turn
};

evaluator::evaluator(const network& model, std::size_t block)
    : memory_(std::make_unique<memory>(model, checked_size(block))) {}

evaluator::evaluator(evaluator&&) noexcept = default;
evaluator& evaluator::operator=(evaluator&&) noexcept = default;
evaluator::~evaluator() = default;

batch_result evaluator::evaluate(std::span<const float> weights, std::span<const float> features,
                                 const targets& expected, std::size_t samples,
                                 const evaluation_details& details) {
    const network& model = memory_->model;
    check_weights(model, weights);
    check_features(model, features, samples);
    check_targets(model, expected, samples);
    const auto width = model.output().size();
    check_details(details, expected, samples, width);
    batch_result all;
    memory_->for_each_block(weights, features, samples,
                            [&](std::size_t first, std::size_t count, float* outputs) {
                                measure(model.spec().objective, outputs, expected, first, width, count, all);
                                note(details, model.spec().objective, outputs, width, count, expected, first);
                            });
    return all;
}

void evaluator::predict(std::span<const float> weights, std::span<const float> features,
                        std::span<float> outputs, std::size_t samples) {
    const network& model = memory_->model;
    const std::size_t width = model.output().size();
    check_weights(model, weights);
    check_features(model, features, samples);
    if (outputs.size() != samples * width) {
        throw std::invalid_argument("there is room for " + std::to_string(outputs.size()) + " outputs, " +
                                    std::to_string(samples) + " samples have " +
                                    std::to_string(samples * width));
    }
    memory_->for_each_block(
        weights, features, samples, [&](std::size_t first, std::size_t count, float* values) {
            if (model.spec().objective == loss::cross_entropy) {
                apply(activation::softmax, values, width, count);
            }
            std::copy_n(values, count * width, outputs.begin() + static_cast<std::ptrdiff_t>(first * width));
        });
}

} // namespace fedasio::nn
