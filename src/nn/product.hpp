#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fedasio::nn {

/// A product of two matrices that lie in memory as they please: the arithmetic of all layers.
///
///     c[column][row] = start[column][row] + scale * sum over i < outer, j < inner of
///                      a[i][j][row] * b[i][j][column]
///
/// Rows lie side by side in a, start and c; everything else is a distance in floats. So a convolution needs
/// no patches (im2col): `b` walks over the image itself, `outer` over the rows under the kernel and `inner`
/// along each. Each sum is one chain of fused multiply-adds from zero, in the order of i and j; with `outer`
/// 1 and over 256 terms it is several such chains, each added to what was there before, unless
/// `is_one_chain`. Its bits depend neither on the width of the vectors, nor on how rows and columns are
/// grouped, nor on the others.
struct product {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t outer = 1;
    std::size_t inner = 0;
    const float* a = nullptr;
    std::size_t a_step = 0; ///< from one term of the sum to the next
    std::size_t a_gap = 0;  ///< besides, after each `inner` terms
    const float* b = nullptr;
    std::size_t b_outer = 0;
    std::size_t b_inner = 0;
    std::size_t b_column = 0;
    float* c = nullptr;
    std::size_t c_column = 0;
    const float* start = nullptr; ///< null: 0; may be c
    std::size_t start_column = 0; ///< 0: the same for all columns, a bias
    float scale = 1.0F;
    bool is_one_chain = false; ///< with `outer` 1 and many terms too
    bool is_rectified = false; ///< negative results become 0 (relu)
    /// Many values of b are 0, and terms with them may be left out: nothing changes by it while a is finite.
    /// `outer` is then 1, and so is `b_inner` or `b_column`.
    bool skips_zeros = false;
};

/// Computes with the widest vectors that this processor has.
void compute(const product& what);

/// One way to compute; all give the same bits, save one without fused multiply-add.
struct product_kernel {
    std::string_view name;
    void (*compute)(const product& what);
};

/// Those that this processor can run, the widest first.
[[nodiscard]] std::span<const product_kernel> product_kernels();

} // namespace fedasio::nn
