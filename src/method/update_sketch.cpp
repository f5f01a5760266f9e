#include <fedasio/method/update_sketch.hpp>

#include "method/wide_clones.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace fedasio::method {
namespace {

// What another core has received takes its time to come here, so it is asked for so far ahead.
constexpr std::size_t values_ahead = 512;

/// The sign bit for value `i`: the finalizer of MurmurHash3 (Appleby), whose highest bit depends on all of
/// `i`.
std::uint32_t sign_bit(std::uint32_t i) {
    i ^= i >> 16U;
    i *= 0x85ebca6bU;
    i ^= i >> 13U;
    i *= 0xc2b2ae35U;
    return i & 0x80000000U;
}

float with_sign(float value, std::uint32_t sign) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ sign);
}

/// True if all values of the update are within the bound.
FEDASIO_WIDE_CLONES
bool add_row(const float* update, const float* base, std::uint32_t first, float bound, float* buckets,
             double* squares) {
    constexpr std::size_t lanes = 16;
    std::array<std::uint32_t, lanes> beyond{};
    for (std::size_t i = 0; i < update_sketch::buckets; i += lanes) {
        __builtin_prefetch(update + i + values_ahead);
        for (std::size_t k = 0; k < lanes; ++k) {
            beyond[k] |= std::abs(update[i + k]) <= bound ? 0U : 1U;
            const float difference = update[i + k] - base[i + k];
            buckets[i + k] += with_sign(difference, sign_bit(first + static_cast<std::uint32_t>(i + k)));
            const double exact = static_cast<double>(update[i + k]) - static_cast<double>(base[i + k]);
            squares[k] += exact * exact;
        }
    }
    return std::ranges::none_of(beyond, [](std::uint32_t one) { return one != 0; });
}

/// The same without buckets.
FEDASIO_WIDE_CLONES
bool add_squares(const float* update, const float* base, std::size_t count, float bound, double* squares) {
    constexpr std::size_t lanes = 16;
    std::array<std::uint32_t, lanes> beyond{};
    for (std::size_t i = 0; i < count; i += lanes) {
        __builtin_prefetch(update + i + values_ahead);
        for (std::size_t k = 0; k < lanes; ++k) {
            beyond[k] |= std::abs(update[i + k]) <= bound ? 0U : 1U;
            const double exact = static_cast<double>(update[i + k]) - static_cast<double>(base[i + k]);
            squares[k] += exact * exact;
        }
    }
    return std::ranges::none_of(beyond, [](std::uint32_t one) { return one != 0; });
}

} // namespace

update_sketch::update_sketch(std::span<const float> update, std::span<const float> base) {
    extend(update, base);
}

void update_sketch::extend(std::span<const float> update, std::span<const float> base) {
    (void)extend_within(update, base, std::numeric_limits<float>::infinity());
}

bool update_sketch::measure_within(std::span<const float> update, std::span<const float> base, float bound) {
    check(update, base);
    const auto whole = update.size() / lanes * lanes;
    bool fine = add_squares(update.data(), base.data(), whole, bound, squares_.data());
    for (std::size_t i = whole; i < update.size(); ++i) {
        fine &= std::abs(update[i]) <= bound;
        const double exact = static_cast<double>(update[i]) - static_cast<double>(base[i]);
        squares_[i % lanes] += exact * exact;
    }
    size_ += update.size();
    return fine;
}

void update_sketch::check(std::span<const float> update, std::span<const float> base) const {
    if (update.size() != base.size()) {
        throw std::invalid_argument("update_sketch: the two have different sizes");
    }
    if (size_ % buckets != 0) {
        throw std::invalid_argument("update_sketch: only whole rows can be gone on with");
    }
}

bool update_sketch::extend_within(std::span<const float> update, std::span<const float> base, float bound) {
    check(update, base);
    bool fine = true;
    const auto whole = update.size() / buckets * buckets;
    for (std::size_t first = 0; first < whole; first += buckets) {
        fine &= add_row(update.data() + first, base.data() + first, static_cast<std::uint32_t>(size_ + first),
                        bound, values_.data(), squares_.data());
    }
    for (std::size_t i = whole; i < update.size(); ++i) {
        fine &= std::abs(update[i]) <= bound;
        const float difference = update[i] - base[i];
        values_[i - whole] += with_sign(difference, sign_bit(static_cast<std::uint32_t>(size_ + i)));
        const double exact = static_cast<double>(update[i]) - static_cast<double>(base[i]);
        squares_[i % lanes] += exact * exact;
    }
    size_ += update.size();
    return fine;
}

double update_sketch::norm() const noexcept {
    return std::sqrt(std::accumulate(squares_.begin(), squares_.end(), 0.0));
}

std::optional<double> cosine(const update_sketch& one, const update_sketch& other) {
    double product = 0;
    for (std::size_t i = 0; i < update_sketch::buckets; ++i) {
        product += static_cast<double>(one.values_[i]) * static_cast<double>(other.values_[i]);
    }
    const double estimate = product / one.norm() / other.norm();
    return std::isfinite(estimate) ? std::optional(std::clamp(estimate, -1.0, 1.0)) : std::nullopt;
}

} // namespace fedasio::method
