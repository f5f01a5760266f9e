#include <cstdint>
#include <immintrin.h>
#include <nn/product_sets.hpp>
#include <nn/product_tile.hpp>

namespace fedasio::nn {

namespace {

struct half_pack {
    using mask = __mmask8;
    static constexpr std::size_t size = 8;
    static constexpr std::size_t tile_columns = 14;

    static mask first(std::size_t lanes) { return static_cast<mask>((1U << lanes) - 1U); }

    static half_pack zero() { return {_mm256_setzero_ps()}; }

    static half_pack all(float value) { return {_mm256_set1_ps(value)}; }

    static half_pack load(const float* from) { return {_mm256_loadu_ps(from)}; }

    static half_pack load(const float* from, mask lanes) { return {_mm256_maskz_loadu_ps(lanes, from)}; }

    void store(float* to) const { _mm256_storeu_ps(to, values); }

    void store(float* to, mask lanes) const { _mm256_mask_storeu_ps(to, lanes, values); }

    friend half_pack multiply_add(half_pack x, half_pack y, half_pack z) {
        return {_mm256_fmadd_ps(x.values, y.values, z.values)};
    }

    // As below.
    friend half_pack rectified(half_pack x) { return {_mm256_max_ps(_mm256_setzero_ps(), x.values)}; }

    __m256 values;
};

struct pack {
    using half = half_pack;
    using mask = __mmask16;
    static constexpr std::size_t size = 16;
    static constexpr std::size_t tile_columns = 14; // 28 sums, two of a and one of b fill the 32 registers
    static constexpr std::size_t pair_packs = 14;   // 28 sums, one of a and two of b

    static mask first(std::size_t lanes) { return static_cast<mask>((1U << lanes) - 1U); }

    static pack zero() { return {_mm512_setzero_ps()}; }

    static pack all(float value) { return {_mm512_set1_ps(value)}; }

    static pack load(const float* from) { return {_mm512_loadu_ps(from)}; }

    static pack load(const float* from, mask lanes) { return {_mm512_maskz_loadu_ps(lanes, from)}; }

    void store(float* to) const { _mm512_storeu_ps(to, values); }

    void store(float* to, mask lanes) const { _mm512_mask_storeu_ps(to, lanes, values); }

    friend pack multiply_add(pack x, pack y, pack z) {
        return {_mm512_fmadd_ps(x.values, y.values, z.values)};
    }

    /// A bit for each value that is not 0.
    [[nodiscard]] std::uint32_t present() const {
        return _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    }

    // Otherwise it is read again for each of its uses.
    friend void hold(pack& x) { asm("" : "+v"(x.values)); } // NOLINT(hicpp-no-assembler)

    // The second operand where one of them is NaN: weights gone astray must not look healthy.
    friend pack rectified(pack x) { return {_mm512_max_ps(_mm512_setzero_ps(), x.values)}; }

    __m512 values;
};

} // namespace

void compute_avx512(const product& what) {
    compute_by_tiles<pack>(what);
}

} // namespace fedasio::nn
