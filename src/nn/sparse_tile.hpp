#pragma once

#include <cstddef>
#include <cstdint>
#include <nn/product.hpp>
#include <nn/tile_results.hpp>
#include <utility>

// Included as product_tile.hpp is. Pixels of a background, categories that a row has not and units that relu
// turned off are 0: only the other terms are computed. Columns go in pairs, which share what they read of
// `a`, and a pair's terms are those of which either has a value.

namespace fedasio::nn {

/// Terms whose presence one word tells. So many rows of `a` stay in the first cache while columns use them.
inline constexpr std::size_t most_present = 64;
/// Whose sums wait, side by side, for the next terms.
inline constexpr std::size_t most_columns = 32;
inline constexpr std::size_t least_packs = 4;

/// By pair of columns: bit j says that the term `first + j` has a value in one of the two.
struct present_terms {
    std::uint64_t pairs[most_columns / 2] = {}; // NOLINT(modernize-avoid-c-arrays): see product_tile.hpp
};

/// Which part of a product is computed now.
struct sparse_part {
    std::size_t row = 0;
    std::size_t lanes = 0; ///< rows of the last pack
    std::size_t column = 0;
    std::size_t columns = 0;
    std::size_t term = 0;
    std::size_t terms = 0;
};

/// The lanes of a pack that `left` values fill.
template <class Pack>
typename Pack::mask first_of(std::size_t left) {
    return Pack::first(left < Pack::size ? left : Pack::size);
}

/// Of columns whose terms lie side by side.
template <class Pack>
void find_along_columns(const product& what, const sparse_part& part, present_terms& found) {
    for (std::size_t n = 0; n < part.columns; ++n) {
        const float* b = what.b + (part.column + n) * what.b_column + part.term;
        for (std::size_t j = 0; j < part.terms; j += Pack::size) {
            const Pack values = Pack::load(b + j, first_of<Pack>(part.terms - j));
            found.pairs[n / 2] |= std::uint64_t{values.present()} << j;
        }
    }
}

/// Of columns that lie side by side.
template <class Pack>
void find_across_columns(const product& what, const sparse_part& part, present_terms& found) {
    const float* const first = what.b + part.term * what.b_inner + part.column;
    for (std::size_t n = 0; n < part.columns; n += Pack::size) {
        const typename Pack::mask those = first_of<Pack>(part.columns - n);
        std::uint64_t words[Pack::size / 2] = {}; // NOLINT(modernize-avoid-c-arrays)
        for (std::size_t j = 0; j < part.terms; ++j) {
            const std::uint32_t present = Pack::load(first + j * what.b_inner + n, those).present();
            const std::uint32_t pairs = present | (present >> 1U);
#pragma GCC unroll 16
            for (std::size_t pair = 0; pair < Pack::size / 2; ++pair) {
                words[pair] |= std::uint64_t{(pairs >> (2 * pair)) & 1U} << j;
            }
        }
        for (std::size_t pair = 0; pair < Pack::size / 2; ++pair) {
            found.pairs[n / 2 + pair] = words[pair];
        }
    }
}

/// Adds the terms `present` of one or two columns. Sums that have begun are in `kept`, and those that are not
/// done go there.
template <class Pack, std::size_t Packs, std::size_t Columns>
void add_present(const product& what, const sparse_part& part, std::uint64_t present, float* kept) {
    const bool begins = part.term == 0;
    const bool ends = part.term + part.terms == what.inner;
    const typename Pack::mask last = Pack::first(part.lanes);
    Pack sums[Packs][Columns]; // NOLINT(modernize-avoid-c-arrays): registers
#pragma GCC unroll 16
    for (std::size_t pack = 0; pack < Packs; ++pack) {
#pragma GCC unroll 2
        for (std::size_t n = 0; n < Columns; ++n) {
            sums[pack][n] = begins ? Pack::zero() : Pack::load(kept + (n * Packs + pack) * Pack::size);
        }
    }
    const float* const first_a = what.a + part.term * what.a_step + part.row;
    const float* const first_b = what.b + part.column * what.b_column + part.term * what.b_inner;
    for (; present != 0; present &= present - 1) {
        const auto term = static_cast<std::size_t>(__builtin_ctzll(present));
        const float* a = first_a + term * what.a_step;
        const float* b = first_b + term * what.b_inner;
        Pack right[Columns]; // NOLINT(modernize-avoid-c-arrays)
#pragma GCC unroll 2
        for (std::size_t n = 0; n < Columns; ++n) {
            right[n] = Pack::all(b[n * what.b_column]);
        }
#pragma GCC unroll 16
        for (std::size_t pack = 0; pack < Packs; ++pack) {
            const std::size_t at = pack * Pack::size;
            Pack left = pack + 1 == Packs ? Pack::load(a + at, last) : Pack::load(a + at);
            hold(left);
#pragma GCC unroll 2
            for (std::size_t n = 0; n < Columns; ++n) {
                sums[pack][n] = multiply_add(left, right[n], sums[pack][n]);
            }
        }
    }
    if (ends) {
        finish_tile(what, part.row, part.column, last, sums);
        return;
    }
#pragma GCC unroll 16
    for (std::size_t pack = 0; pack < Packs; ++pack) {
#pragma GCC unroll 2
        for (std::size_t n = 0; n < Columns; ++n) {
            sums[pack][n].store(kept + (n * Packs + pack) * Pack::size);
        }
    }
}

using sparse_function = void (*)(const product&, const sparse_part&, std::uint64_t present, float* kept);

template <class Pack, std::size_t Columns>
struct sparse_functions {
    template <std::size_t... Packs>
    static sparse_function find(std::size_t packs, std::index_sequence<Packs...> /*one less*/) {
        static constexpr sparse_function all[] = {&add_present<Pack, Packs + 1, Columns>...}; // NOLINT
        return all[packs - 1];
    }

    static sparse_function find(std::size_t packs) {
        return find(packs, std::make_index_sequence<Pack::pair_packs>());
    }
};

/// The rows that `packs` packs hold, of up to most_columns columns.
template <class Pack>
void compute_sparse_rows(const product& what, sparse_part part, std::size_t packs) {
    alignas(64) float kept[most_columns * Pack::pair_packs * Pack::size]; // NOLINT: written before it is read
    const std::size_t first = part.column;
    const std::size_t columns = part.columns;
    const bool adds_to_itself =
        what.start == what.c && what.start_column == what.c_column && !what.is_rectified;
    const auto of_two = sparse_functions<Pack, 2>::find(packs);
    const auto of_one = sparse_functions<Pack, 1>::find(packs);
    const std::size_t blocks = (what.inner + most_present - 1) / most_present;
    for (std::size_t block = 0; block < blocks; ++block) {
        part.column = first;
        part.columns = columns;
        part.term = what.inner * block / blocks;
        part.terms = what.inner * (block + 1) / blocks - part.term;
        present_terms present;
        if (what.b_inner == 1) {
            find_along_columns<Pack>(what, part, present);
        } else {
            find_across_columns<Pack>(what, part, present);
        }
        for (std::size_t n = 0; n < columns; n += 2) {
            if (blocks == 1 && present.pairs[n / 2] == 0 && adds_to_itself) {
                continue;
            }
            part.column = first + n;
            const auto add = n + 1 < columns ? of_two : of_one;
            add(what, part, present.pairs[n / 2], kept + n * packs * Pack::size);
        }
    }
}

template <class Pack>
void compute_sparse_tiles(const product& what) {
    const std::size_t all = (what.rows + Pack::size - 1) / Pack::size;
    const std::size_t groups = (all + Pack::pair_packs - 1) / Pack::pair_packs;
    for (std::size_t group = 0; group < groups; ++group) {
        const std::size_t first = all * group / groups;
        const std::size_t packs = all * (group + 1) / groups - first;
        const std::size_t row = first * Pack::size;
        const std::size_t rest = what.rows - row - (packs - 1) * Pack::size;
        const std::size_t lanes = rest < Pack::size ? rest : Pack::size;
        for (std::size_t column = 0; column < what.columns; column += most_columns) {
            const std::size_t left = what.columns - column;
            compute_sparse_rows<Pack>(what,
                                      {.row = row,
                                       .lanes = lanes,
                                       .column = column,
                                       .columns = left < most_columns ? left : most_columns},
                                      packs);
        }
    }
}

} // namespace fedasio::nn
