#include <nn/bias.hpp>

namespace fedasio::nn {

void add_bias_gradient(const float* __restrict dy, float* __restrict gradient, std::size_t rows,
                       std::size_t columns) {
    for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t row = 0; row < rows; ++row) {
            gradient[row] += dy[column * rows + row];
        }
    }
}

} // namespace fedasio::nn
