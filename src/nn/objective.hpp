#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/model_spec.hpp>

#include <cstddef>

namespace fedasio::nn {

/// Throws std::invalid_argument unless `expected` fits `samples` samples of `outputs` outputs and the loss.
void check_targets(loss objective, const targets& expected, std::size_t outputs, std::size_t samples);

/// The loss over samples [first, first + samples) of `expected`. y holds the network's outputs, under cross_entropy those
/// before softmax, and comes back as the final outputs. The targets have been checked.
[[nodiscard]] batch_result measure(loss objective, float* y, const targets& expected, std::size_t first,
                                   std::size_t outputs, std::size_t samples);

/// After measure(): turns y into the gradient of the mean loss, under cross_entropy by the values before softmax.
void differentiate(loss objective, float* y, const targets& expected, std::size_t outputs, std::size_t samples);

} // namespace fedasio::nn
