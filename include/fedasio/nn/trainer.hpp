#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/nn/optimizer_spec.hpp>
#include <fedasio/nn/training_pass.hpp>
#include <fedasio/random.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace fedasio::nn {

/// All that one thread needs to train: weights, moments and activations for batches of up to max_batch
/// samples. Made once and used for one client after the other.
///
/// Same network, optimiser, pass, stream and batches give the same bits, whatever the trainer did before
/// and whatever max_batch is. Not thread-safe: one trainer a thread.
class trainer {
public:
    /// Throws std::invalid_argument when max_batch is 0 or a number of the optimiser is out of range.
    trainer(const network& model, const optimizer_spec& optimizer, std::size_t max_batch);
    trainer(trainer&&) noexcept;
    trainer& operator=(trainer&&) noexcept;
    ~trainer();

    /// Starts a client, or its next pass: takes the weights, clears the moments, counts steps from 0.
    /// Dropout masks are drawn from `dropout`, 16 bits a value, batch by batch and layer by layer (so a rate
    /// is rounded to 1/65536). Throws std::invalid_argument, with everything as it was, when a span of the
    /// pass has not parameter_count() floats, a number is out of range, or no array is left to learn.
    /// Allocates only the first time that a pass pulls to its own start without an anchor although the spec's
    /// `proximal` is 0.
    void begin(const training_pass& pass, random_stream dropout);

    /// The same with nothing but the weights to start from.
    void begin(std::span<const float> weights, random_stream dropout);

    /// One forward pass, one backward pass, one step of the optimiser along the gradient of the batch's mean
    /// loss. `features` is row-major [batch][height][width][channels]. Returns the loss and hits before the
    /// step. Throws std::invalid_argument, with the weights untouched, when batch is not in [1, max_batch], a
    /// size does not fit, a class is not in [0, outputs), or values come where the loss needs class numbers;
    /// std::logic_error before the first begin(). Allocates nothing.
    batch_result step(std::span<const float> features, const targets& expected, std::size_t batch);

    /// The weights as they are now: in the pass's `into`, once a step is done, or in memory of the trainer's
    /// own, 64-byte aligned, that is valid until the trainer is destroyed or moved from.
    [[nodiscard]] std::span<const float> weights() const noexcept;

    /// Steps done since begin().
    [[nodiscard]] std::uint64_t steps() const noexcept;

    /// Where the next mask is drawn from: a client's second pass goes on with it.
    [[nodiscard]] random_stream dropout() const noexcept;

private:
    struct memory;
    std::unique_ptr<memory> memory_;
};

} // namespace fedasio::nn
