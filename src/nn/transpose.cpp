#include <algorithm>
#include <array>
#include <cstring>
#include <nn/transpose.hpp>

namespace fedasio::nn {

namespace {

constexpr std::size_t side = 8;

using line = float __attribute__((vector_size(side * sizeof(float))));

/// In each half of both lines: the first two values of both, in turn; then the last two.
[[gnu::always_inline]] inline void interleave(line& x, line& y) {
    const line first = __builtin_shufflevector(x, y, 0, 8, 1, 9, 4, 12, 5, 13);
    y = __builtin_shufflevector(x, y, 2, 10, 3, 11, 6, 14, 7, 15);
    x = first;
}

/// In each half of both lines: the first pair of both; then the second.
[[gnu::always_inline]] inline void pair_up(line& x, line& y) {
    const line first = __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13);
    y = __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15);
    x = first;
}

/// The first half of both lines; then the second.
[[gnu::always_inline]] inline void exchange(line& x, line& y) {
    const line first = __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11);
    y = __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15);
    x = first;
}

/// A square in registers.
void transpose_square(const float* from, std::size_t from_step, float* to, std::size_t to_step) {
    std::array<line, side> lines;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < side; ++i) {
        std::memcpy(&lines[i], from + i * from_step, sizeof(line));
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < side; i += 2) {
        interleave(lines[i], lines[i + 1]);
    }
#pragma GCC unroll 2
    for (std::size_t i = 0; i < side; i += 4) {
        pair_up(lines[i], lines[i + 2]);
        pair_up(lines[i + 1], lines[i + 3]);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < side / 2; ++i) {
        exchange(lines[i], lines[i + side / 2]);
    }
    constexpr std::array<std::size_t, side> column{0, 2, 1, 3, 4, 6, 5, 7};
#pragma GCC unroll 8
    for (std::size_t i = 0; i < side; ++i) {
        std::memcpy(to + column[i] * to_step, &lines[i], sizeof(line));
    }
}

} // namespace

void transpose(const float* from, std::size_t rows, std::size_t columns, std::size_t from_step, float* to,
               std::size_t to_step) {
    if (rows < side || columns < side) {
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t column = 0; column < columns; ++column) {
                to[column * to_step + row] = from[row * from_step + column];
            }
        }
        return;
    }
    // The last squares lie at the end, over what others have moved already.
    for (std::size_t next_row = 0; next_row < rows; next_row += side) {
        const std::size_t row = std::min(next_row, rows - side);
        for (std::size_t next_column = 0; next_column < columns; next_column += side) {
            const std::size_t column = std::min(next_column, columns - side);
            transpose_square(from + row * from_step + column, from_step, to + column * to_step + row,
                             to_step);
        }
    }
}

} // namespace fedasio::nn
