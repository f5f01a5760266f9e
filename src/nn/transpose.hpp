#pragma once

#include <cstddef>

namespace fedasio::nn {

/// to[column][row] = from[row][column], whose rows begin `from_step` floats apart, and those of `to`
/// `to_step`.
void transpose(const float* from, std::size_t rows, std::size_t columns, std::size_t from_step, float* to,
               std::size_t to_step);

} // namespace fedasio::nn
