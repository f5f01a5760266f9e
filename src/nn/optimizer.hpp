#pragma once

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/optimizer_spec.hpp>

#include <cstddef>
#include <span>

namespace fedasio::nn {

/// Steps the flat span of all weights, and holds the moments. An update is one pass over the memory.
class optimizer {
public:
    /// Throws std::invalid_argument when a number is out of range.
    optimizer(const optimizer_spec& spec, std::size_t parameters);

    /// Clears the moments; `start` is what `proximal` pulls to.
    void begin(std::span<const float> start);
    void update(std::span<float> weights, std::span<const float> gradient);

private:
    template <bool Momentum, bool Proximal>
    void sgd(std::span<float> weights, std::span<const float> gradient);
    template <bool Proximal>
    void adam(std::span<float> weights, std::span<const float> gradient);

    optimizer_spec spec_;
    aligned_floats start_;         ///< empty unless proximal > 0
    aligned_floats first_moment_;  ///< Adam's m, or the velocity of SGD with momentum
    aligned_floats second_moment_; ///< Adam's v
    double beta1_power_ = 1.0;     ///< beta1 to the number of steps done
    double beta2_power_ = 1.0;
};

} // namespace fedasio::nn
