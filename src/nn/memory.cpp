#include <fedasio/nn/memory.hpp>

#include <algorithm>
#include <nn/abreast_convolution.hpp>
#include <nn/convolution_pass.hpp>
#include <nn/framed_convolution.hpp>
#include <optional>

namespace fedasio::nn {
namespace {

constexpr std::uint64_t most_for_evaluation = std::uint64_t{64} << 20;

/// Floats that group_norm needs for each channel, whatever the batch: gradients, and sums in double.
constexpr std::uint64_t normalising = 8;

std::uint64_t abreast_size(const std::optional<convolution_geometry>& it) {
    return it ? abreast_convolution::memory_of(*it) : 0;
}

std::uint64_t framed_size(const std::optional<convolution_geometry>& it) {
    return it ? image_frame::memory_of(*it) : 0;
}

std::uint64_t forward_size(const conv2d& spec, const layer_layout& layer) {
    return convolution_pass::memory_of(layer.output) +
           abreast_size(abreast_convolution::forward(spec, layer)) +
           framed_size(framed_convolution::forward(spec, layer));
}

std::uint64_t backward_size(const conv2d& spec, const layer_layout& layer) {
    return convolution_pass::memory_of(layer.input) +
           abreast_size(abreast_convolution::backward(spec, layer)) +
           framed_size(framed_convolution::backward(spec, layer));
}

/// Values that a layer's kernel keeps for a backward pass: of each sample, and of a whole batch.
struct kept_values {
    std::uint64_t a_sample = 0;
    std::uint64_t once = 0;
};

struct kept_in_training {
    const layer_layout& layer;

    kept_values operator()(const dense& spec) const {
        // Gradients by unit, and of the weights of a few inputs at a time.
        constexpr std::uint64_t chunk = 28;
        return {.a_sample = spec.units + chunk, .once = (chunk + 1) * spec.units};
    }

    kept_values operator()(const conv2d& spec) const {
        // One framed image; the gradient of the weights, and these turned around.
        return {.once = image_frame::memory_of(geometry_of(spec, layer)) + 2 * layer.size +
                        forward_size(spec, layer) + backward_size(spec, layer)};
    }

    kept_values operator()(const max_pool2d& /*spec*/) const { return {.a_sample = layer.output.size()}; }

    kept_values operator()(const dropout& /*spec*/) const { return {.a_sample = layer.output.size()}; }

    kept_values operator()(const group_norm& /*spec*/) const {
        const std::uint64_t channels = layer.input.channels;
        return {.a_sample = 2 * channels, .once = normalising * channels};
    }

    template <class Other>
    kept_values operator()(const Other& /*spec*/) const {
        return {};
    }
};

/// Of one sample that goes forward through the layers: the widest of what lies between them, twice, and what
/// kernels note down of it.
std::uint64_t bytes_a_sample(const network& model) {
    std::uint64_t widest = model.input().size();
    std::uint64_t noted = 0;
    for (const auto& layer : model.layers()) {
        widest = std::max<std::uint64_t>(widest, layer.output.size());
        if (std::holds_alternative<group_norm>(layer.spec)) {
            noted += 2 * std::uint64_t{layer.input.channels};
        } else if (std::holds_alternative<max_pool2d>(layer.spec)) {
            noted += layer.output.size();
        }
    }
    return (2 * widest + noted) * sizeof(float);
}

} // namespace

std::uint64_t training_bytes(const network& model, const optimizer_spec& optimizer, std::size_t max_batch) {
    const bool is_adam = optimizer.type == optimizer_spec::kind::adam;
    const std::uint64_t copies = 1U + (optimizer.proximal > 0 ? 1U : 0U) +
                                 (is_adam                  ? 2U
                                  : optimizer.momentum > 0 ? 1U
                                                           : 0U);
    std::uint64_t once = copies * model.parameter_count();
    std::uint64_t a_sample = model.output().size(); // the loss's gradient
    std::uint64_t widest = 0;
    for (const auto& layer : model.layers()) {
        if (std::holds_alternative<flatten>(layer.spec)) {
            continue; // moves nothing
        }
        widest = std::max<std::uint64_t>(widest, layer.input.size());
        const kept_values kept = std::visit(kept_in_training{layer}, layer.spec);
        a_sample += layer.output.size() + kept.a_sample;
        once += kept.once;
    }
    return (once + (a_sample + 2 * widest) * max_batch) * sizeof(float);
}

std::uint64_t evaluation_bytes(const network& model, std::size_t block) {
    std::uint64_t once = 0;
    for (const auto& layer : model.layers()) {
        if (const auto* local = std::get_if<conv2d>(&layer.spec)) {
            once += forward_size(*local, layer);
        } else if (std::holds_alternative<group_norm>(layer.spec)) {
            once += normalising * layer.input.channels;
        }
    }
    return bytes_a_sample(model) * block + once * sizeof(float);
}

std::size_t evaluation_block(const network& model, std::size_t most) {
    return static_cast<std::size_t>(
        std::clamp<std::uint64_t>(most_for_evaluation / bytes_a_sample(model), 1, most));
}

} // namespace fedasio::nn
