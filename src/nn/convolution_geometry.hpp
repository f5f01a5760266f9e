#pragma once

#include <fedasio/nn/network.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace fedasio::nn {

/// A convolution that makes images `to` of images `from`.
struct convolution_geometry {
    shape from;
    shape to;
    std::size_t kernel_height = 0;
    std::size_t kernel_width = 0;
    std::size_t stride = 1;
    std::size_t top = 0;  ///< rows of zeros above the image
    std::size_t left = 0; ///< columns of zeros before it

    /// What the kernel covers from its first place to its last.
    [[nodiscard]] std::size_t covered_height() const { return (to.height - 1) * stride + kernel_height; }

    [[nodiscard]] std::size_t covered_width() const { return (to.width - 1) * stride + kernel_width; }

    /// The kernel hangs over them.
    [[nodiscard]] bool has_edges() const {
        return covered_height() > from.height || covered_width() > from.width;
    }
};

/// Of a layer's forward pass.
[[nodiscard]] inline convolution_geometry geometry_of(const conv2d& spec, const layer_layout& layer) {
    convolution_geometry it{.from = layer.input,
                            .to = layer.output,
                            .kernel_height = spec.kernel_height,
                            .kernel_width = spec.kernel_width,
                            .stride = spec.stride};
    it.top = (std::max<std::size_t>(it.covered_height(), it.from.height) - it.from.height) / 2;
    it.left = (std::max<std::size_t>(it.covered_width(), it.from.width) - it.from.width) / 2;
    return it;
}

/// Of the gradient by a layer's inputs where there are no strides: a convolution with the turned kernel.
[[nodiscard]] inline convolution_geometry backward_geometry_of(const conv2d& spec,
                                                               const layer_layout& layer) {
    convolution_geometry it = geometry_of(spec, layer);
    std::swap(it.from, it.to);
    it.top = it.kernel_height - 1 - it.top;
    it.left = it.kernel_width - 1 - it.left;
    return it;
}

/// What a convolution adds to its sums, and what becomes of negative results.
struct convolution_ending {
    const float* bias = nullptr; ///< null: 0
    bool is_rectified = false;
};

/// Every `step`-th number from `first` on.
struct steps {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// The i below `size` for which base + i is one of from, from + step, ... and below `end`: the part of a
/// kernel at `base` that meets an image.
[[nodiscard]] inline steps meeting(std::size_t base, std::size_t size, std::size_t from, std::size_t end,
                                   std::size_t step = 1) {
    const std::size_t first = base < from ? from - base : (step - (base - from) % step) % step;
    const std::size_t last = std::min(size, end > base ? end - base : 0);
    return {first, first < last ? (last - first + step - 1) / step : 0};
}

} // namespace fedasio::nn
