#include <fedasio/nn/memory.hpp>

#include <algorithm>

namespace fedasio::nn {
namespace {

constexpr std::uint64_t most_for_evaluation = std::uint64_t{64} << 20;

/// Of one sample, while it goes forward through the layers: the widest two of what lies between them, and a
/// convolution's framed image.
std::uint64_t bytes_a_sample(const network& model) {
    std::uint64_t widest = model.input().size();
    std::uint64_t framed = 0;
    for (const auto& layer : model.layers()) {
        widest = std::max<std::uint64_t>(widest, layer.output.size());
        if (std::holds_alternative<conv2d>(layer.spec)) {
            framed += layer.input.size();
        }
    }
    return (2 * widest + framed) * sizeof(float);
}

} // namespace

std::uint64_t training_bytes(const network& model, const optimizer_spec& optimizer, std::size_t max_batch) {
    const bool is_adam = optimizer.type == optimizer_spec::kind::adam;
    const std::uint64_t copies = 1U + (optimizer.proximal > 0 ? 1U : 0U) +
                                 (is_adam                  ? 2U
                                  : optimizer.momentum > 0 ? 1U
                                                           : 0U);
    std::uint64_t values = bytes_a_sample(model) / sizeof(float);
    for (const auto& layer : model.layers()) {
        values += layer.output.size();
        if (std::holds_alternative<dense>(layer.spec) || std::holds_alternative<conv2d>(layer.spec)) {
            values += layer.output.size(); // the gradient, by unit
        }
    }
    return (copies * model.parameter_count() + values * max_batch) * sizeof(float);
}

std::uint64_t evaluation_bytes(const network& model, std::size_t block) {
    return bytes_a_sample(model) * block;
}

std::size_t evaluation_block(const network& model, std::size_t most) {
    return static_cast<std::size_t>(
        std::clamp<std::uint64_t>(most_for_evaluation / bytes_a_sample(model), 1, most));
}

} // namespace fedasio::nn
