#pragma once

#include <cstddef>

namespace fedasio::nn {

/// Adds the columns of dy to the bias' gradient.
void add_bias_gradient(const float* dy, float* gradient, std::size_t rows, std::size_t columns);

} // namespace fedasio::nn
