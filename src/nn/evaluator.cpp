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
                                 std::span<prediction> predictions) {
    const network& model = memory_->model;
    check_weights(model, weights);
    check_features(model, features, samples);
    check_targets(model, expected, samples);
    if (!predictions.empty() && predictions.size() != samples) {
        throw std::invalid_argument("there is room for " + std::to_string(predictions.size()) +
                                    " predictions of " + std::to_string(samples) + " samples");
    }
    const auto width = model.output().size();
    batch_result all;
    memory_->for_each_block(
        weights, features, samples, [&](std::size_t first, std::size_t count, float* outputs) {
            measure(model.spec().objective, outputs, expected, first, width, count, all);
            for (std::size_t i = 0; i < count && !predictions.empty(); ++i) {
                predictions[first + i] =
                    predict_class(model.spec().objective, std::span(outputs + i * width, width));
            }
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
