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
        : model(used), steps(spec, model.parameter_count()), max_batch(most),
          outcome(model.output().size() * most), stages(make_stages(model, most, &masks)) {
        std::size_t widest = 0;
        for (const stage& it : stages) {
            activations.emplace_back(it.outputs * most);
            widest = std::max(widest, it.inputs);
            first_trained = first_trained == nullptr && it.has_parameters ? &it : first_trained;
        }
        deltas = {aligned_floats(widest * most), aligned_floats(widest * most)};
    }

    void forward(const float* features, std::size_t batch) {
        const float* x = features;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const float* weights = steps.weights().data() + stages[i].offset;
            stages[i].kernel->forward(weights, x, activations[i].data(), batch);
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
        steps.begin_step();
        backward(features, outcome.data(), batch);
        return result;
    }

    // dy is at first the gradient of the loss, then that of one layer's inputs after the other, in turn in
    // one of two blocks. It ends at the first layer that learns: nothing needs the gradient of what lies
    // before.
    void backward(const float* features, float* dy, std::size_t batch) {
        for (std::size_t i = stages.size(); i-- > 0;) {
            const bool is_first = &stages[i] == first_trained;
            const float* x = i == 0 ? features : activations[i - 1].data();
            float* dx = is_first ? nullptr : deltas[i % 2].data();
            const layer_weights own(steps, stages[i].offset);
            stages[i].kernel->backward(own, x, activations[i].data(), dy, dx, batch);
            if (is_first) {
                return;
            }
            dy = dx;
        }
    }

    network model;
    optimizer steps;
    std::size_t max_batch;
    bool has_begun = false;
    random_stream masks{0, purpose::dropout};
    aligned_floats outcome; ///< outputs of the network, then the gradient of the loss
    std::vector<stage> stages;
    std::vector<aligned_floats> activations; ///< what each stage gives
    std::array<aligned_floats, 2> deltas;
    const stage* first_trained = nullptr;
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

void trainer::begin(std::span<const float> weights, random_stream dropout) {
    check_weights(memory_->model, weights);
    memory_->steps.begin(weights);
    memory_->masks = dropout;
    memory_->has_begun = true;
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
    return memory_->steps.weights();
}

} // namespace fedasio::nn
