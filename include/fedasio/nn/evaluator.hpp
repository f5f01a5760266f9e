#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/nn/score_counts.hpp>
#include <fedasio/nn/value_histogram.hpp>
#include <fedasio/nn/value_sums.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace fedasio::nn {

/// What an evaluation tells beside loss and hits; what is null or empty is not asked for.
struct evaluation_details {
    std::span<prediction> predictions = {}; ///< one a sample
    score_counts* scores = nullptr;         ///< of as many classes as the model has outputs
    value_sums* values = nullptr;           ///< where the targets are values
    value_histogram* histogram = nullptr;   ///< likewise
};

/// Runs a network forward, without dropout. What comes out for a sample depends on the weights and that
/// sample alone, to the last bit: not on its neighbours, its place or the size of the block. Not thread-safe:
/// one a thread.
class evaluator {
public:
    /// `block` is how many samples go through the layers at once; it bounds the memory. Throws
    /// std::invalid_argument when it is 0.
    explicit evaluator(const network& model, std::size_t block = 64);
    evaluator(evaluator&&) noexcept;
    evaluator& operator=(evaluator&&) noexcept;
    ~evaluator();

    /// Loss and hits over any number of samples. `features` is row-major [samples][height][width][channels].
    /// Weights that are not 64-byte aligned are copied first. Throws std::invalid_argument as trainer::step
    /// does.
    batch_result evaluate(std::span<const float> weights, std::span<const float> features,
                          const targets& expected, std::size_t samples,
                          const evaluation_details& details = {});

    /// Writes the outputs, row-major [samples][outputs]: probabilities when the last layer is a softmax.
    /// Throws std::invalid_argument when a size does not fit.
    void predict(std::span<const float> weights, std::span<const float> features, std::span<float> outputs,
                 std::size_t samples);

private:
    struct memory;
    std::unique_ptr<memory> memory_;
};

} // namespace fedasio::nn
