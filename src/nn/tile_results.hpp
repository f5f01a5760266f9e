#pragma once

#include <cstddef>
#include <nn/product.hpp>

// Included as product_tile.hpp is.

namespace fedasio::nn {

/// Writes the results of a tile from its sums.
template <class Pack, std::size_t Packs, std::size_t Columns>
[[gnu::always_inline]] inline void finish_tile(const product& what, std::size_t row, std::size_t column,
                                               typename Pack::mask last,
                                               Pack (&sums)[Packs][Columns]) { // NOLINT
    const Pack scale = Pack::all(what.scale);
#pragma GCC unroll 16
    for (std::size_t n = 0; n < Columns; ++n) {
        float* c = what.c + (column + n) * what.c_column + row;
        const float* start =
            what.start == nullptr ? nullptr : what.start + (column + n) * what.start_column + row;
#pragma GCC unroll 16
        for (std::size_t pack = 0; pack < Packs; ++pack) {
            const std::size_t at = pack * Pack::size;
            const bool is_last = pack + 1 == Packs;
            Pack begin = Pack::zero();
            if (start != nullptr) {
                begin = is_last ? Pack::load(start + at, last) : Pack::load(start + at);
            }
            Pack result = multiply_add(scale, sums[pack][n], begin);
            if (what.is_rectified) {
                result = rectified(result);
            }
            if (is_last) {
                result.store(c + at, last);
            } else {
                result.store(c + at);
            }
        }
    }
}

} // namespace fedasio::nn
