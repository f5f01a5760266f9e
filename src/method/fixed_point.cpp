#include <fedasio/method/fixed_point.hpp>

#include "method/wide_clones.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace fedasio::method {

namespace {

constexpr double largest_exact = 9007199254740992.0; // 2^53

// Largest power of two s with bound * largest_total * s <= 2^62. The sums of at most largest_total addends
// then stay below 2^62 * (1 + 2^-52) + 2^52 < 2^63, the second term being half a unit of rounding for each.
double scale_for(double largest_total, float bound) {
    int exponent = 0;
    const double mantissa = std::frexp(static_cast<double>(bound) * largest_total, &exponent);
    return std::ldexp(1.0, mantissa == 0.5 ? 63 - exponent : 62 - exponent);
}

// Only AVX-512 converts double to int64 in vectors. The result is the same: each conversion is exact.
FEDASIO_WIDE_CLONES
void add_scaled(const float* values, double factor, std::uint64_t* sums, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += static_cast<std::uint64_t>(
            static_cast<std::int64_t>(std::rint(static_cast<double>(values[i]) * factor)));
    }
}

FEDASIO_WIDE_CLONES
void add_scaled_share(const float* values, const float* x, double share, double factor, std::uint64_t* sums,
                      std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const double value = share * static_cast<double>(values[i]) + (1 - share) * static_cast<double>(x[i]);
        sums[i] += static_cast<std::uint64_t>(static_cast<std::int64_t>(std::rint(value * factor)));
    }
}

FEDASIO_WIDE_CLONES
void means_of(const std::uint64_t* sums, double divisor, double* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<double>(static_cast<std::int64_t>(sums[i])) / divisor;
    }
}

/// Side by side, so that it runs as fast as memory.
FEDASIO_WIDE_CLONES
float largest_size(const float* values, std::size_t count) {
    constexpr std::size_t lanes = 16;
    std::array<float, lanes> largest{};
    const auto whole = count / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const float size = std::abs(values[i + k]);
            largest[k] = largest[k] < size ? size : largest[k];
        }
    }
    for (std::size_t i = whole; i < count; ++i) {
        largest[0] = std::max(largest[0], std::abs(values[i]));
    }
    return std::ranges::max(largest);
}

} // namespace

float weight_bound(std::span<const float> weights) {
    const float largest = largest_size(weights.data(), weights.size());
    return std::clamp(16.0F * largest, 1024.0F, std::numeric_limits<float>::max());
}

fixed_point::fixed_point(double largest_total, float bound) : scale_(scale_for(largest_total, bound)) {
    if (std::isnan(largest_total) || largest_total < 1 || largest_total > largest_exact ||
        std::trunc(largest_total) != largest_total) {
        throw std::invalid_argument("fixed_point: the largest total must be a whole number from 1 to 2^53");
    }
    if (!std::isnormal(bound) || bound < 0) {
        throw std::invalid_argument("fixed_point: the bound must be a normal, positive, finite float");
    }
}

void fixed_point::encode(std::span<const float> values, double factor, std::span<std::uint64_t> out) const {
    std::ranges::fill(out, 0);
    add(values, factor, out);
}

void fixed_point::add(std::span<const float> values, double factor, std::span<std::uint64_t> sums) const {
    // The scale is a power of two: this product is exact.
    add_scaled(values.data(), factor * scale_, sums.data(), values.size());
}

void fixed_point::add_share(std::span<const float> values, std::span<const float> x, double share,
                            double factor, std::span<std::uint64_t> sums) const {
    if (share == 1) {
        add(values, factor, sums);
    } else {
        add_scaled_share(values.data(), x.data(), share, factor * scale_, sums.data(), values.size());
    }
}

void fixed_point::means(std::span<const std::uint64_t> sums, double total, std::span<double> out) const {
    means_of(sums.data(), total * scale_, out.data(), sums.size());
}

} // namespace fedasio::method
