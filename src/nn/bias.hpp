#pragma once

#include <cstddef>

namespace fedasio::nn {

/// Sets each of `columns` columns of y to the bias, for a product to be added.
void spread_bias(const float* bias, float* y, std::size_t rows, std::size_t columns);

/// Adds the columns of dy to the bias' gradient.
void add_bias_gradient(const float* dy, float* gradient, std::size_t rows, std::size_t columns);

} // namespace fedasio::nn
