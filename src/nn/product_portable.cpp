#include <cmath>
#include <nn/product_sets.hpp>
#include <nn/product_tile.hpp>

namespace fedasio::nn {

namespace {

/// Four floats, in what vectors the compiler's target has.
struct pack {
    using mask = std::size_t;
    static constexpr std::size_t size = 4;
    static constexpr std::size_t tile_columns = 6;

    static mask first(std::size_t lanes) { return lanes; }

    static pack zero() { return all(0.0F); }

    static pack all(float value) { return {{value, value, value, value}}; }

    static pack load(const float* from) { return load(from, size); }

    static pack load(const float* from, mask lanes) {
        pack loaded = zero();
        for (std::size_t i = 0; i < lanes; ++i) {
            loaded.values[i] = from[i];
        }
        return loaded;
    }

    void store(float* to) const { store(to, size); }

    void store(float* to, mask lanes) const {
        for (std::size_t i = 0; i < lanes; ++i) {
            to[i] = values[i];
        }
    }

    friend pack multiply_add(pack x, pack y, pack z) {
        for (std::size_t i = 0; i < size; ++i) {
#if defined(FP_FAST_FMAF)
            z.values[i] = std::fma(x.values[i], y.values[i], z.values[i]);
#else
            z.values[i] += x.values[i] * y.values[i];
#endif
        }
        return z;
    }

    // Written so that NaN stays NaN: weights gone astray must not look healthy.
    friend pack rectified(pack x) {
        for (float& value : x.values) {
            value = value < 0.0F ? 0.0F : value;
        }
        return x;
    }

    float values[size]; // NOLINT(modernize-avoid-c-arrays)
};

} // namespace

void compute_portable(const product& what) {
    compute_by_tiles<pack>(what);
}

} // namespace fedasio::nn
