#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace fedasio::nn {

/// Shape of one sample between two layers, in channels-last order as in images on disk (a row-major array
/// [height][width][channels]). A flat vector of n features is {1, 1, n}.
struct shape {
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;

    [[nodiscard]] constexpr std::size_t size() const { return std::size_t{height} * width * channels; }

    friend bool operator==(const shape&, const shape&) = default;
};

enum class activation { linear, relu, tanh, sigmoid, softmax };

/// Initial weights: `he` is He et al. (2015), normal with variance 2/fan_in; `glorot` is Glorot and Bengio
/// (2010), uniform in +-sqrt(6/(fan_in+fan_out)). Biases start at 0.
enum class initializer { he, glorot };

/// Zero padding of a convolution: `valid` adds none; `same` adds so many rows and columns that the output has
/// ceil(height / stride) rows (height itself for stride 1), the odd one below, likewise for columns.
enum class padding { valid, same };

/// y = activation(x W + b), W of shape [inputs, units]. Takes a flat input only: put `flatten` before it.
struct dense {
    std::uint32_t units = 0;
    activation act = activation::linear;
    initializer init = initializer::he;
};

/// Cross-correlation, kernel of shape [kernel_height, kernel_width, channels, filters], plus a bias a filter.
/// The kernel moves by `stride` pixels in both directions.
struct conv2d {
    std::uint32_t filters = 0;
    std::uint32_t kernel_height = 3;
    std::uint32_t kernel_width = 3;
    padding pad = padding::valid;
    activation act = activation::linear;
    initializer init = initializer::he;
    std::uint32_t stride = 1;
};

/// Maximum over windows of `size` x `size`, moved by `size`; what does not fill a window at the border is
/// left out.
struct max_pool2d {
    std::uint32_t size = 2;
};

/// Mean over the same windows.
struct avg_pool2d {
    std::uint32_t size = 2;
};

/// Group normalisation (Wu and He, 2018): the channels are divided into `groups` of neighbours; for each
/// sample and group, over all of its pixels, y = (x - mean) / sqrt(variance + epsilon) * gamma + beta with a
/// gamma and a beta a channel, 1 and 0 at first. It knows nothing of the batch, so clients with unequal data,
/// and training and evaluation, compute alike. `groups` divides the number of channels: 1 group is layer
/// normalisation, one a channel instance normalisation.
struct group_norm {
    std::uint32_t groups = 1;
    float epsilon = 1e-5F;
};

struct flatten {};

/// Inverted dropout (Srivastava et al., 2014): in training each value is 0 with probability `rate`, else
/// divided by 1 - rate; in evaluation nothing happens. 0 <= rate < 1.
struct dropout {
    float rate = 0.5F;
};

/// An activation as a layer of its own.
struct activate {
    activation act = activation::relu;
};

using layer_spec =
    std::variant<dense, conv2d, max_pool2d, flatten, dropout, activate, avg_pool2d, group_norm>;

/// `cross_entropy`: softmax cross-entropy against class numbers; the last layer must end in softmax (with two
/// classes too). `mean_squared_error`: mean over samples and outputs of (y - t)^2.
enum class loss { cross_entropy, mean_squared_error };

/// What a network looks like; `network` checks it.
struct model_spec {
    shape input;
    std::vector<layer_spec> layers;
    loss objective = loss::cross_entropy;
};

} // namespace fedasio::nn
