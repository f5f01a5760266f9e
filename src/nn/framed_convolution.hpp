#pragma once

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <nn/convolution_geometry.hpp>
#include <optional>

namespace fedasio::nn {

/// One image among the zeros that a convolution's kernel meets beyond its edges.
class image_frame {
public:
    explicit image_frame(const convolution_geometry& it);

    /// Floats that it allocates: none where the kernel stays within the image.
    [[nodiscard]] static std::size_t memory_of(const convolution_geometry& it);

    /// Floats from one row to the next.
    [[nodiscard]] std::size_t row() const noexcept { return row_; }

    /// The image in its frame, until the next one comes.
    const float* put(const float* image);

private:
    convolution_geometry it_;
    std::size_t row_;
    aligned_floats values_;
};

/// A convolution of few samples that multiplies the zeros around them: a row of the image is one product
/// then, whose columns keep the arithmetic units busy, where an edge by itself has a column a sample. Same
/// bits as without the zeros.
class framed_convolution {
public:
    /// Of so many samples; the edges of more of them are columns enough.
    static constexpr std::size_t most_samples = 3;

    /// The forward pass of a layer; none without edges, and of a kernel of one row, whose sums of many terms
    /// are several chains.
    [[nodiscard]] static std::optional<convolution_geometry> forward(const conv2d& spec,
                                                                     const layer_layout& layer);
    /// The gradient by the inputs of a layer, likewise; none with strides, or where none is needed.
    [[nodiscard]] static std::optional<convolution_geometry> backward(const conv2d& spec,
                                                                      const layer_layout& layer);

    explicit framed_convolution(const convolution_geometry& it) : it_(it), frame_(it) {}

    /// From weights [kernel_height][kernel_width][from.channels][to.channels].
    void compute(const float* weights, const convolution_ending& end, const float* x, float* y,
                 std::size_t samples);

private:
    convolution_geometry it_;
    image_frame frame_;
};

} // namespace fedasio::nn
