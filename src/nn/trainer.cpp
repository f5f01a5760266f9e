#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/trainer.hpp>

#include <algorithm>
#include <array>
#include <nn/batch_check.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/no_denormals.hpp>
#include <nn/objective.hpp>
#include <nn/optimizer.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::nn {

struct trainer::memory {
    memory(const network& used, const optimizer_spec& spec, std::size_t most)
        : model(used), weights(spec, model), max_batch(most), outcome(model.output().size() * most),
          stages(make_stages(model, most, &masks)) {
        std::size_t widest = 0;
        for (const stage& it : stages) {
            activations.emplace_back(it.outputs * most);
            widest = std::max(widest, it.inputs);
        }
        deltas = {aligned_floats(widest * most), aligned_floats(widest * most)};
    }

    void begin(const training_pass& pass, random_stream dropout) {
        weights.begin(pass);
        masks = dropout;
        has_begun = true;
        const auto learns = [this](const stage& it) { return weights.learns(it.offset, it.parameters); };
        first_learning = static_cast<std::size_t>(std::ranges::find_if(stages, learns) - stages.begin());
    }

    void forward(const float* features, std::size_t batch) {
        const float* x = features;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            stages[i].kernel->forward(weights.weights().data() + stages[i].offset, x, activations[i].data(),
                                      batch);
            x = activations[i].data();
        }
    }

    batch_result learn(const float* features, const targets& expected, std::size_t batch) {
        const no_denormals mode;
        const loss objective = model.spec().objective;
        const std::size_t outputs = model.output().size();
        forward(features, batch);
        std::copy_n(activations.back().data(), outputs * batch, outcome.data());
        batch_result result;
        measure(objective, outcome.data(), expected, 0, outputs, batch, result);
        differentiate(objective, outcome.data(), expected, outputs, batch);
        weights.begin_step();
        backward(features, outcome.data(), batch);
        weights.end_step();
        return result;
    }

    // dy is at first the gradient of the loss, then that of one layer's inputs after the other, in turn in
    // one of two blocks. It ends at the first layer that learns: nothing needs the gradient of what lies
    // before.
    void backward(const float* features, float* dy, std::size_t batch) {
        for (std::size_t i = stages.size(); i-- > first_learning;) {
            const float* x = i == 0 ? features : activations[i - 1].data();
            float* dx = i == first_learning ? nullptr : deltas[i % 2].data();
            const layer_weights own(weights, stages[i].offset);
            stages[i].kernel->backward(own, x, activations[i].data(), dy, dx, batch);
            dy = dx;
        }
    }

    network model;
    optimizer weights;
    std::size_t max_batch;
    bool has_begun = false;
    random_stream masks{0, purpose::dropout};
    aligned_floats outcome; ///< outputs of the network, then the gradient of the loss
    std::vector<stage> stages;
    std::vector<aligned_floats> activations; ///< what each stage gives
    std::array<aligned_floats, 2> deltas;
    std::size_t first_learning = 0;
};

namespace {

[[nodiscard]] std::size_t checked_size(std::size_t max_batch) {
    if (max_batch == 0 || max_batch > 0x7fffffff) {
        throw std::invalid_argument("max_batch is " + std::to_string(max_batch) + ": it must be 1 or more");
    }
    return max_batch;
}

} // namespace

trainer::trainer(const network& model, const optimizer_spec& optimizer, std::size_t max_batch)
    : memory_(std::make_unique<memory>(model, optimizer, checked_size(max_batch))) {}

trainer::trainer(trainer&&) noexcept = default;
trainer& trainer::operator=(trainer&&) noexcept = default;
trainer::~trainer() = default;

void trainer::begin(const training_pass& pass, random_stream dropout) {
    memory_->begin(pass, dropout);
}

void trainer::begin(std::span<const float> weights, random_stream dropout) {
    memory_->begin({.weights = weights}, dropout);
}

batch_result trainer::step(std::span<const float> features, const targets& expected, std::size_t batch) {
    if (!memory_->has_begun) {
        throw std::logic_error("trainer::step before begin: give it weights first");
    }
    if (batch == 0 || batch > memory_->max_batch) {
        throw std::invalid_argument("the batch has " + std::to_string(batch) +
                                    " samples: it must have 1 to " + std::to_string(memory_->max_batch));
    }
    check_features(memory_->model, features, batch);
    check_targets(memory_->model, expected, batch);
    return memory_->learn(features.data(), expected, batch);
}

std::span<const float> trainer::weights() const noexcept {
    return memory_->weights.weights();
}

std::uint64_t trainer::steps() const noexcept {
    return memory_->weights.steps();
}

random_stream trainer::dropout() const noexcept {
    return memory_->masks;
}

} // namespace fedasio::nn
