#include <cstddef>
#include <nn/layer_kernel.hpp>
#include <utility>

namespace fedasio::nn {

namespace {

[[nodiscard]] bool is_rectified_convolution(const layer_layout& layer) {
    const auto* convolution = std::get_if<conv2d>(&layer.spec);
    return convolution != nullptr && convolution->act == activation::relu;
}

struct kernel_maker {
    const layer_layout& layer;
    const layer_layout* before; ///< null: none
    const layer_layout* after;
    std::size_t max_samples;
    random_stream* masks;
    bool is_softmax_of_loss;

    std::unique_ptr<layer_kernel> operator()(dense spec) const {
        if (is_softmax_of_loss) {
            spec.act = activation::linear;
        }
        return make_kernel(spec, layer, backward_samples());
    }

    std::unique_ptr<layer_kernel> operator()(conv2d spec) const {
        if (is_softmax_of_loss) {
            spec.act = activation::linear;
        }
        return make_kernel(spec, layer, backward_samples(),
                           after != nullptr && std::holds_alternative<max_pool2d>(after->spec));
    }

    std::unique_ptr<layer_kernel> operator()(const max_pool2d& spec) const {
        return make_kernel(spec, layer, max_samples, before != nullptr && is_rectified_convolution(*before));
    }

    std::unique_ptr<layer_kernel> operator()(const avg_pool2d& spec) const {
        return make_kernel(spec, layer);
    }

    std::unique_ptr<layer_kernel> operator()(const group_norm& spec) const {
        return make_kernel(spec, layer, max_samples);
    }

    std::unique_ptr<layer_kernel> operator()(const flatten&) const { return nullptr; }

    std::unique_ptr<layer_kernel> operator()(const dropout& spec) const {
        return masks == nullptr ? nullptr : make_kernel(spec, layer, max_samples, *masks);
    }

    std::unique_ptr<layer_kernel> operator()(const activate& spec) const {
        return is_softmax_of_loss ? nullptr : make_kernel(spec, layer);
    }

    [[nodiscard]] std::size_t backward_samples() const { return masks == nullptr ? 0 : max_samples; }
};

} // namespace

std::vector<stage> make_stages(const network& model, std::size_t max_samples, random_stream* masks) {
    std::vector<stage> stages;
    for (const layer_layout& layer : model.layers()) {
        const bool is_first = &layer == &model.layers().front();
        const bool is_last = &layer == &model.layers().back();
        const kernel_maker maker{.layer = layer,
                                 .before = is_first ? nullptr : &layer - 1,
                                 .after = is_last ? nullptr : &layer + 1,
                                 .max_samples = max_samples,
                                 .masks = masks,
                                 .is_softmax_of_loss =
                                     is_last && model.spec().objective == loss::cross_entropy};
        if (auto kernel = std::visit(maker, layer.spec)) {
            stages.push_back({.kernel = std::move(kernel),
                              .inputs = layer.input.size(),
                              .outputs = layer.output.size(),
                              .offset = layer.offset,
                              .parameters = layer.size});
        }
    }
    return stages;
}

} // namespace fedasio::nn
