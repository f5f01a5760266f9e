#pragma once

#include <fedasio/nn/model_spec.hpp>

#include <cstddef>

namespace fedasio::nn {

/// Every function here takes the values of `samples` samples of `features` values, one after the other, in
/// memory that may be read and written up to the end of its last 64-byte line (aligned_floats). Working on
/// whole lines keeps each value in a vector register: the scalar remainder of an Eigen expression rounds
/// differently, and a sample's result would depend on its place in the batch.

/// y = act(y).
void apply(activation act, float* y, std::size_t features, std::size_t samples);

/// dy, the gradient by the outputs y = act(z), becomes the gradient by z.
void backpropagate(activation act, const float* y, float* dy, std::size_t features, std::size_t samples);

} // namespace fedasio::nn
