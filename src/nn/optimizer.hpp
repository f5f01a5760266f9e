#pragma once

#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/nn/optimizer_spec.hpp>
#include <fedasio/nn/training_pass.hpp>

#include <cstddef>
#include <cstdint>
#include <nn/product.hpp>
#include <span>
#include <vector>

namespace fedasio::nn {

/// Steps the flat span of all weights, a part at a time as the backward pass goes, while that part is in the
/// cache; and holds the moments. No gradient of the whole model is ever kept.
class optimizer {
public:
    /// Throws std::invalid_argument when a number is out of range.
    optimizer(const optimizer_spec& spec, const network& model);
    optimizer(const optimizer&) = delete; ///< it refers to memory of its own
    optimizer& operator=(const optimizer&) = delete;
    optimizer(optimizer&&) noexcept = default;
    optimizer& operator=(optimizer&&) noexcept = default;
    ~optimizer() = default;

    /// Clears the moments and takes the weights to start from. Throws std::invalid_argument, with everything
    /// as it was, when the pass does not fit.
    void begin(const training_pass& pass);

    /// Once for each batch, before its parts step.
    void begin_step();
    /// Once for each batch, after all of its parts have stepped.
    void end_step();
    /// The weights from `first` on step along their gradient, but for frozen ones.
    void step(std::size_t first, std::span<const float> gradient);
    /// As above, with a gradient that is still to be computed: `rows` times `columns` weights that lie as its
    /// results do, packed, all of one array. `gradient.c` is room for it; plain SGD needs none, since the
    /// product itself adds to the weights.
    void step(std::size_t first, product gradient);

    /// Between begin_step() and end_step() those that have stepped already may be as they were before.
    [[nodiscard]] std::span<const float> weights() const noexcept { return {weights_, own_.size()}; }

    /// Whether any of the weights from `first` on learns.
    [[nodiscard]] bool learns(std::size_t first, std::size_t count) const noexcept;

    /// Since begin().
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

private:
    /// Weights [first, last) that lie side by side.
    struct run {
        std::size_t first = 0;
        std::size_t last = 0;
    };

    /// What a pass asks for, with the spec's numbers where it asks for none.
    struct terms {
        float learning_rate = 0.0F;
        float proximal = 0.0F;
        const float* correction = nullptr; ///< null: none
        const float* anchor = nullptr;     ///< null unless proximal > 0
    };

    void check(const training_pass& pass) const;
    void place(const training_pass& pass);
    void set_learning(std::span<const std::size_t> frozen);
    [[nodiscard]] bool is_plain() const noexcept;
    void step_run(std::size_t first, std::span<const float> gradient);
    template <bool Corrected, bool Proximal>
    void step_with(std::size_t first, std::span<const float> gradient);
    template <bool Momentum, bool Corrected, bool Proximal>
    void sgd(std::size_t first, std::span<const float> gradient);
    template <bool Corrected, bool Proximal>
    void adam(std::size_t first, std::span<const float> gradient);

    optimizer_spec spec_;
    network model_;
    terms terms_;
    std::vector<run> learning_; ///< in their order, with frozen weights between them
    aligned_floats own_;        ///< where a pass trains that names no other place
    float* into_;               ///< where this one does
    const float* weights_; ///< what a step begins with: `into_`, but in the first step where they came from
    aligned_floats start_; ///< what they began with, if that is the anchor
    aligned_floats first_moment_;  ///< Adam's m, or the velocity of SGD with momentum
    aligned_floats second_moment_; ///< Adam's v
    double beta1_power_ = 1.0;     ///< beta1 to the number of steps done
    double beta2_power_ = 1.0;
    std::uint64_t steps_ = 0;
};

/// The part of the weights that is one layer's.
class layer_weights {
public:
    layer_weights(optimizer& all, std::size_t offset) : all_(&all), offset_(offset) {}

    [[nodiscard]] const float* values() const noexcept { return all_->weights().data() + offset_; }

    [[nodiscard]] bool learns(std::size_t count) const noexcept { return all_->learns(offset_, count); }

    void step(std::size_t first, std::span<const float> gradient) const {
        all_->step(offset_ + first, gradient);
    }

    void step(std::size_t first, const product& gradient) const { all_->step(offset_ + first, gradient); }

private:
    optimizer* all_;
    std::size_t offset_;
};

} // namespace fedasio::nn
