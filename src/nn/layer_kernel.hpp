#pragma once

#include <fedasio/nn/network.hpp>
#include <fedasio/random.hpp>

#include <cstddef>
#include <memory>
#include <nn/optimizer.hpp>
#include <vector>

namespace fedasio::nn {

/// The arithmetic of one layer, with the memory that it needs between a forward and a backward pass. All
/// arrays lie in aligned_floats blocks, each from its start, except the weights, which lie in the flat span
/// of all parameters, and the first layer's x, which is the caller's. Not thread-safe.
class layer_kernel {
public:
    layer_kernel() = default;
    layer_kernel(const layer_kernel&) = delete;
    layer_kernel& operator=(const layer_kernel&) = delete;
    virtual ~layer_kernel() = default;

    /// y[samples][outputs] from x[samples][inputs].
    virtual void forward(const float* weights, const float* x, float* y, std::size_t samples) = 0;

    /// After forward() with the same weights, x, y and samples: from dy, the gradient by y, writes the
    /// gradient by x unless dx is null, and lets its own weights step along theirs. Uses dy as scratch.
    virtual void backward(const layer_weights& own, const float* x, const float* y, float* dy, float* dx,
                          std::size_t samples) = 0;
};

/// A kernel and where its layer's arrays lie.
struct stage {
    std::unique_ptr<layer_kernel> kernel;
    std::size_t inputs = 0;     ///< values a sample
    std::size_t outputs = 0;    ///< values a sample
    std::size_t offset = 0;     ///< of its parameters
    std::size_t parameters = 0; ///< how many
};

/// The kernels of a network, without layers that move no value (flatten, and dropout when evaluating). Under
/// cross_entropy the last softmax is left out too: it belongs to the loss, where both together are stable and
/// their gradient is simple. `masks` is where dropout draws from, and must outlive the kernels; null when
/// evaluating.
[[nodiscard]] std::vector<stage> make_stages(const network& model, std::size_t max_samples,
                                             random_stream* masks);

/// For at most `max_samples` in a backward pass; 0: no backward pass, as when evaluating.
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const dense& spec, const layer_layout& layer,
                                                        std::size_t max_samples);
/// The gradient of a relu between a convolution and its pooling is the pooling's work, which has fewer values
/// to look at: `is_before_pooling` and `is_after_relu` go together.
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const conv2d& spec, const layer_layout& layer,
                                                        std::size_t max_samples, bool is_before_pooling);
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const max_pool2d& spec, const layer_layout& layer,
                                                        std::size_t max_samples, bool is_after_relu);
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const avg_pool2d& spec, const layer_layout& layer);
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const group_norm& spec, const layer_layout& layer,
                                                        std::size_t max_samples);
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const dropout& spec, const layer_layout& layer,
                                                        std::size_t max_samples, random_stream& masks);
[[nodiscard]] std::unique_ptr<layer_kernel> make_kernel(const activate& spec, const layer_layout& layer);

} // namespace fedasio::nn
