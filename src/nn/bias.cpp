#include <algorithm>
#include <nn/bias.hpp>

namespace fedasio::nn {

void spread_bias(const float* bias, float* y, std::size_t rows, std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column) {
        std::copy_n(bias, rows, y + column * rows);
    }
}

void add_bias_gradient(const float* __restrict dy, float* __restrict gradient, std::size_t rows,
                       std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t row = 0; row < rows; ++row) {
            gradient[row] += dy[column * rows + row];
        }
    }
}

} // namespace fedasio::nn
