#include <algorithm>
#include <array>
#include <nn/bias.hpp>

namespace fedasio::nn {

namespace {

constexpr std::size_t lanes = 8; ///< rows whose sums stay in a register

} // namespace

void add_bias_gradient(const float* __restrict dy, float* __restrict gradient, std::size_t rows,
                       std::size_t columns) {
    for (std::size_t first = 0; first < rows; first += lanes) {
        const std::size_t taken = std::min(lanes, rows - first);
        // Of few rows a register takes some of the next column too, whose sums nobody looks at.
        const std::size_t whole =
            rows * columns < first + lanes ? 0 : (rows * columns - first - lanes) / rows + 1;
        std::array<float, lanes> sums{};
        std::copy_n(gradient + first, taken, sums.begin());
        std::size_t column = 0;
        for (; column < whole; ++column) {
            for (std::size_t i = 0; i < lanes; ++i) {
                sums[i] += dy[column * rows + first + i];
            }
        }
        for (; column < columns; ++column) {
            for (std::size_t i = 0; i < taken; ++i) {
                sums[i] += dy[column * rows + first + i];
            }
        }
        std::copy_n(sums.begin(), taken, gradient + first);
    }
}

} // namespace fedasio::nn
