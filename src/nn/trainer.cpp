#include <fedasio/nn/trainer.hpp>

#include <fedasio/nn/aligned_floats.hpp>

#include <nn/batch_check.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/objective.hpp>
#include <nn/optimizer.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fedasio::nn {

struct trainer::memory {
    memory(const network& used, const optimizer_spec& spec, std::size_t most)
        : model(used), steps(spec, model.parameter_count()), max_batch(most), weights(model.parameter_count()),
          gradient(model.parameter_count()), features(model.input().size() * most),
          stages(make_stages(model, most, &masks)) {
        std::size_t widest = 0;
        for (const stage& it : stages) {
            activations.emplace_back(it.outputs * most);
            widest = std::max(widest, it.inputs);
            first_trained = first_trained == nullptr && it.has_parameters ? &it : first_trained;
        }
        deltas = {aligned_floats(widest * most), aligned_floats(widest * most)};
    }

    void forward(std::size_t batch) {
        const float* x = features.data();
        for (std::size_t i = 0; i < stages.size(); ++i) {
            stages[i].kernel->forward(weights.data() + stages[i].offset, x, activations[i].data(), batch);
            x = activations[i].data();
        }
    }

    // dy is at first the gradient of the loss, then that of one layer's inputs after the other, in turn in one of
    // two blocks. It ends at the first layer that learns: nothing needs the gradient of what lies before.
    void backward(float* dy, std::size_t batch) {
        for (std::size_t i = stages.size(); i-- > 0;) {
            const bool is_first = &stages[i] == first_trained;
            const float* x = i == 0 ? features.data() : activations[i - 1].data();
            float* dx = is_first ? nullptr : deltas[i % 2].data();
            stages[i].kernel->backward(weights.data() + stages[i].offset, x, activations[i].data(), dy,
                                       gradient.data() + stages[i].offset, dx, batch);
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
    aligned_floats weights;
    aligned_floats gradient;
    aligned_floats features;
    std::vector<stage> stages;
    std::vector<aligned_floats> activations; ///< what each stage gives
    std::array<aligned_floats, 2> deltas;
    const stage* first_trained = nullptr;
};
