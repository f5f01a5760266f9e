#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/model_spec.hpp>

#include <cstddef>

namespace fedasio::nn {

/// Adds the loss and the hits of samples [first, first + samples) of `expected` to `sum`. y holds the
/// network's outputs, under cross_entropy those before softmax. The targets have been checked.
void measure(loss objective, const float* y, const targets& expected, std::size_t first, std::size_t outputs,
             std::size_t samples, batch_result& sum);

/// The class of one sample, from its outputs as measure() takes them.
prediction predict_class(loss objective, std::span<const float> y);

/// y as measure() takes it becomes the gradient of the mean loss by y.
void differentiate(loss objective, float* y, const targets& expected, std::size_t outputs,
                   std::size_t samples);

} // namespace fedasio::nn
