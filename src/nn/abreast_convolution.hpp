#pragma once

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <nn/convolution_geometry.hpp>
#include <optional>

namespace fedasio::nn {

/// A convolution that gives so few channels that they would leave most of a vector empty: samples fill it
/// instead, sixteen of which lie side by side, [height][width][channels][16]. Each position is a product of
/// its own, of the part of the kernel that meets the image. Same bits as a product for each sample.
class abreast_convolution {
public:
    /// The forward pass of a layer, if it is faster so. A kernel of one row is left to the products of single
    /// samples, which sum many terms in several chains.
    [[nodiscard]] static std::optional<convolution_geometry> forward(const conv2d& spec,
                                                                     const layer_layout& layer);

    /// The gradient by the inputs of a layer, from that by its outputs, if that is faster so: a convolution
    /// with the turned kernel, unless strides lie between. None for the first layer, whose inputs need none.
    [[nodiscard]] static std::optional<convolution_geometry> backward(const conv2d& spec,
                                                                      const layer_layout& layer);

    /// Floats that it allocates.
    [[nodiscard]] static std::size_t memory_of(const convolution_geometry& it);

    explicit abreast_convolution(const convolution_geometry& it);

    /// From weights [kernel_height][kernel_width][from.channels][to.channels]. Returns how many samples it
    /// has computed: all, or all but the last few, which would leave the vectors as empty as few channels do.
    std::size_t compute(const float* weights, const convolution_ending& end, const float* x, float* y,
                        std::size_t samples);

private:
    static constexpr std::size_t lanes = 16;
    static constexpr std::size_t most_channels = 8;
    static constexpr std::size_t fewest_samples = 8;
    static constexpr std::size_t band = 16; ///< rows of `to` for which rows of `from` are put abreast at once

    [[nodiscard]] static std::size_t rows_for(const convolution_geometry& it, std::size_t rows);

    void compute_row(std::size_t row, std::size_t first_from, const float* weights,
                     const convolution_ending& end, std::size_t samples);

    convolution_geometry it_;
    aligned_floats from_; ///< rows of a band
    aligned_floats to_;   ///< one row
    aligned_floats bias_;
};

} // namespace fedasio::nn
