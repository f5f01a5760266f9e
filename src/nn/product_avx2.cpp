#include <cstdint>
#include <immintrin.h>
#include <nn/product_sets.hpp>
#include <nn/product_tile.hpp>

namespace fedasio::nn {

namespace {

alignas(32) constexpr int lanes_then_none[16] = {-1, -1, -1, -1, -1, -1, -1, -1}; // NOLINT

struct pack {
    using mask = __m256i;
    static constexpr std::size_t size = 8;
    static constexpr std::size_t tile_columns = 6; // 12 sums, two of a and one of b in 16 registers
    static constexpr std::size_t pair_packs = 6;   // 12 sums, one of a and two of b

    static mask first(std::size_t lanes) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes_then_none + 8 - lanes));
    }

    static pack zero() { return {_mm256_setzero_ps()}; }

    static pack all(float value) { return {_mm256_set1_ps(value)}; }

    static pack load(const float* from) { return {_mm256_loadu_ps(from)}; }

    static pack load(const float* from, mask lanes) { return {_mm256_maskload_ps(from, lanes)}; }

    void store(float* to) const { _mm256_storeu_ps(to, values); }

    void store(float* to, mask lanes) const { _mm256_maskstore_ps(to, lanes, values); }

    friend pack multiply_add(pack x, pack y, pack z) {
        return {_mm256_fmadd_ps(x.values, y.values, z.values)};
    }

    /// A bit for each value that is not 0.
    [[nodiscard]] std::uint32_t present() const {
        const __m256 found = _mm256_cmp_ps(values, _mm256_setzero_ps(), _CMP_NEQ_UQ);
        return static_cast<std::uint32_t>(_mm256_movemask_ps(found));
    }

    // Otherwise it is read again for each of its uses.
    friend void hold(pack& x) { asm("" : "+x"(x.values)); } // NOLINT(hicpp-no-assembler)

    // The second operand where one of them is NaN: weights gone astray must not look healthy.
    friend pack rectified(pack x) { return {_mm256_max_ps(_mm256_setzero_ps(), x.values)}; }

    __m256 values;
};

} // namespace

void compute_avx2(const product& what) {
    compute_by_tiles<pack>(what);
}

} // namespace fedasio::nn
