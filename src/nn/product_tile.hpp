#pragma once

#include <cstddef>
#include <nn/product.hpp>
#include <nn/sparse_tile.hpp>
#include <nn/tile_results.hpp>
#include <utility>

// Included by one file for each instruction set, whose Pack is a vector of floats of that set: a type of the
// file's own, so that nothing compiled for one set is linked into another. Nothing of the library is called
// here for the same reason.

namespace fedasio::nn {

/// Processors do not foresee steps as long as a row of a large layer: `a` is fetched so many terms ahead.
inline constexpr std::size_t ahead = 16;

/// What is done with the values of `a` that a tile reads.
enum class reading { only, keeping };

/// Where a tile finds its rows of `a`, and where it keeps them, term by term, for the tiles beside it.
struct left_rows {
    const float* a = nullptr;
    std::size_t step = 0;
    float* kept = nullptr;
};

/// The results of `Packs` packs of rows x `Columns` columns stay in registers while the sum runs. `lanes` is
/// how many rows of the last pack are meant.
template <class Pack, std::size_t Packs, std::size_t Columns, reading How>
void compute_tile(const product& what, const left_rows& rows, std::size_t row, std::size_t column,
                  std::size_t lanes) {
    const typename Pack::mask last = Pack::first(lanes);
    Pack sums[Packs][Columns]; // NOLINT(modernize-avoid-c-arrays): registers
#pragma GCC unroll 16
    for (auto& pack : sums) {
#pragma GCC unroll 16
        for (auto& sum : pack) {
            sum = Pack::zero();
        }
    }
    const float* a = rows.a;
    const std::size_t a_step = rows.step;
    [[maybe_unused]] float* kept = rows.kept;
    const float* b_row = what.b + column * what.b_column;
    const std::size_t next = what.b_column;
    for (std::size_t i = 0; i < what.outer; ++i, b_row += what.b_outer, a += what.a_gap) {
        const float* b = b_row;
        for (std::size_t j = 0; j < what.inner; ++j, a += a_step, b += what.b_inner) {
            Pack left[Packs]; // NOLINT(modernize-avoid-c-arrays)
#pragma GCC unroll 16
            for (std::size_t pack = 0; pack + 1 < Packs; ++pack) {
                left[pack] = Pack::load(a + pack * Pack::size);
            }
            for (std::size_t line = 0; line < Packs * Pack::size; line += 16) {
                __builtin_prefetch(a + ahead * a_step + line);
            }
            left[Packs - 1] = Pack::load(a + (Packs - 1) * Pack::size, last);
            if constexpr (How == reading::keeping) {
#pragma GCC unroll 16
                for (std::size_t pack = 0; pack < Packs; ++pack, kept += Pack::size) {
                    left[pack].store(kept);
                }
            }
#pragma GCC unroll 16
            for (std::size_t n = 0; n < Columns; ++n) {
                const Pack right = Pack::all(b[n * next]);
#pragma GCC unroll 16
                for (std::size_t pack = 0; pack < Packs; ++pack) {
                    sums[pack][n] = multiply_add(left[pack], right, sums[pack][n]);
                }
            }
        }
    }
    finish_tile(what, row, column, last, sums);
}

using tile_function = void (*)(const product&, const left_rows&, std::size_t row, std::size_t column,
                               std::size_t lanes);

template <class Pack, std::size_t Packs, reading How>
struct tile_functions {
    template <std::size_t... Columns>
    static tile_function find(std::size_t columns, std::index_sequence<Columns...> /*one less*/) {
        static constexpr tile_function all[] = {&compute_tile<Pack, Packs, Columns + 1, How>...}; // NOLINT
        return all[columns - 1];
    }

    static tile_function find(std::size_t columns) {
        return find(columns, std::make_index_sequence<Pack::tile_columns>());
    }
};

/// Terms that are summed before the next row of results is begun: so many rows of `a` stay in the cache.
inline constexpr std::size_t most_terms = 256;

/// All columns of `Packs` packs of rows. What the first tile reads of `a` lies far apart, often at distances
/// for which a cache has few places; the others read it from where that tile kept it.
template <class Pack, std::size_t Packs>
void compute_rows(const product& what, std::size_t row, std::size_t lanes) {
    constexpr std::size_t width = Packs * Pack::size;
    alignas(64) float kept[width * most_terms]; // NOLINT: written before it is read
    const std::size_t tiles = (what.columns + Pack::tile_columns - 1) / Pack::tile_columns;
    const bool keeps = tiles > 1 && what.outer == 1 && what.inner <= most_terms && what.a_step > 2 * width;
    left_rows rows{what.a + row, what.a_step, kept};
    for (std::size_t tile = 0; tile < tiles; ++tile) {
        const std::size_t column = what.columns * tile / tiles;
        const std::size_t columns = what.columns * (tile + 1) / tiles - column;
        const bool first = tile == 0 && keeps;
        const tile_function run = first ? tile_functions<Pack, Packs, reading::keeping>::find(columns)
                                        : tile_functions<Pack, Packs, reading::only>::find(columns);
        run(what, rows, row, column, lanes);
        if (first) {
            rows = {kept, width, nullptr};
        }
    }
}

template <class Pack>
void compute_all_tiles(const product& what, std::size_t row = 0) {
    while (row < what.rows) {
        const std::size_t left = what.rows - row;
        if constexpr (requires { typename Pack::half; }) {
            // Few filters: half a pack is most often done in half the time.
            if (left <= Pack::half::size) {
                compute_all_tiles<typename Pack::half>(what, row);
                return;
            }
        }
        if (left > Pack::size) {
            const std::size_t taken = left < 2 * Pack::size ? left : 2 * Pack::size;
            compute_rows<Pack, 2>(what, row, taken - Pack::size);
            row += taken;
        } else {
            compute_rows<Pack, 1>(what, row, left);
            row += left;
        }
    }
}

/// For few rows and for slow vectors it is not worth while to look for zeros.
template <class Pack>
void compute_part(const product& what) {
    if constexpr (requires { Pack::pair_packs; }) {
        if (what.skips_zeros && what.rows >= least_packs * Pack::size) {
            compute_sparse_tiles<Pack>(what);
            return;
        }
    }
    compute_all_tiles<Pack>(what);
}

template <class Pack>
void compute_by_tiles(const product& what) {
    if (what.outer != 1 || what.inner <= most_terms || what.is_one_chain) {
        compute_part<Pack>(what);
        return;
    }
    const std::size_t blocks = (what.inner + most_terms - 1) / most_terms;
    product part = what;
    for (std::size_t block = 0; block < blocks; ++block) {
        const std::size_t begin = what.inner * block / blocks;
        part.inner = what.inner * (block + 1) / blocks - begin;
        part.a = what.a + begin * what.a_step;
        part.b = what.b + begin * what.b_inner;
        part.is_rectified = what.is_rectified && block + 1 == blocks;
        compute_part<Pack>(part);
        part.start = what.c;
        part.start_column = what.c_column;
    }
}

} // namespace fedasio::nn
