#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace fedasio::nn {

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
    /// Weights that are not 64-byte aligned are copied first. Tells each sample's class in `predictions`
    /// unless that is empty. Throws std::invalid_argument as trainer::step does.
    batch_result evaluate(std::span<const float> weights, std::span<const float> features,
                          const targets& expected, std::size_t samples,
                          std::span<prediction> predictions = {});

    /// Writes the outputs, row-major [samples][outputs]: probabilities when the last layer is a softmax.
    /// Throws std::invalid_argument when a size does not fit.
    void predict(std::span<const float> weights, std::span<const float> features, std::span<float> outputs,
                 std::size_t samples);

private:
    struct memory;
    std::unique_ptr<memory> memory_;
};

} // namespace fedasio::nn
