#pragma once

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/optimizer_spec.hpp>

#include <cstddef>
#include <nn/product.hpp>
#include <span>

namespace fedasio::nn {

/// Steps the flat span of all weights, a part at a time as the backward pass goes, while that part is in the
/// cache; and holds the moments. No gradient of the whole model is ever kept.
class optimizer {
public:
    /// Throws std::invalid_argument when a number is out of range.
    optimizer(const optimizer_spec& spec, std::size_t parameters);

    /// Clears the moments and takes a copy of the weights to start from, to which `proximal` pulls.
    void begin(std::span<const float> start);

    /// Once for each batch, before its parts step.
    void begin_step();
    /// The weights from `first` on step along their gradient.
    void step(std::size_t first, std::span<const float> gradient);
    /// As above, with a gradient that is still to be computed: `rows` times `columns` weights that lie as its
    /// results do, packed. `gradient.c` is room for it; plain SGD needs none, since the product itself adds
    /// to the weights.
    void step(std::size_t first, product gradient);

    [[nodiscard]] std::span<const float> weights() const noexcept { return weights_.span(); }

private:
    template <bool Momentum, bool Proximal>
    void sgd(std::size_t first, std::span<const float> gradient);
    template <bool Proximal>
    void adam(std::size_t first, std::span<const float> gradient);
    [[nodiscard]] bool is_plain() const noexcept;

    optimizer_spec spec_;
    aligned_floats weights_;
    aligned_floats start_;         ///< empty unless proximal > 0
    aligned_floats first_moment_;  ///< Adam's m, or the velocity of SGD with momentum
    aligned_floats second_moment_; ///< Adam's v
    double beta1_power_ = 1.0;     ///< beta1 to the number of steps done
    double beta2_power_ = 1.0;
};

/// The part of the weights that is one layer's.
class layer_weights {
public:
    layer_weights(optimizer& all, std::size_t offset) : all_(&all), offset_(offset) {}

    [[nodiscard]] const float* values() const noexcept { return all_->weights().data() + offset_; }

    void step(std::size_t first, std::span<const float> gradient) const {
        all_->step(offset_ + first, gradient);
    }

    void step(std::size_t first, const product& gradient) const { all_->step(offset_ + first, gradient); }

private:
    optimizer* all_;
    std::size_t offset_;
};

} // namespace fedasio::nn
