#include <fedasio/method/aggregate.hpp>

#include "method/wide_clones.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace fedasio::method {

namespace {

// Largest power of two s with bound * max_total_weight * s <= 2^62. The sums of at most max_total_weight
// updates (none weighs less than 1) then stay below 2^62 * (1 + 2^-52) + 2^52 < 2^63, the second term being
// half a unit of rounding for each update.
double scale_for(std::uint64_t max_total_weight, float bound) {
    int exponent = 0;
    const double mantissa =
        std::frexp(static_cast<double>(bound) * static_cast<double>(max_total_weight), &exponent);
    return std::ldexp(1.0, mantissa == 0.5 ? 63 - exponent : 62 - exponent);
}

bool within(float value, float bound) {
    return std::abs(value) <= bound;
}

std::optional<rejection> find_offender(std::span<const float> values, float bound) {
    // Without a branch in it the loop runs as fast as memory; the offender is looked for only if there is
    // one.
    bool fine = true;
    for (const float value : values) {
        fine &= within(value, bound);
    }
    if (fine) {
        return std::nullopt;
    }
    std::size_t place = 0;
    while (within(values[place], bound)) {
        ++place;
    }
    const std::string who = "value " + std::to_string(place) + " of " + std::to_string(values.size()) +
                            " is " + std::to_string(values[place]);
    if (!std::isfinite(values[place])) {
        return rejection{rejection::kind::not_finite, who};
    }
    return rejection{rejection::kind::out_of_bound, who + ", over the bound of " + std::to_string(bound)};
}

// Only AVX-512 converts double to int64 in vectors. The result is the same: each conversion is exact.
FEDASIO_WIDE_CLONES
void add_scaled(const float* values, double factor, std::int64_t* sums, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += static_cast<std::int64_t>(std::rint(static_cast<double>(values[i]) * factor));
    }
}

} // namespace

exact_mean::exact_mean(std::size_t parameters, std::uint64_t max_total_weight, float bound)
    : sums_(parameters, 0), max_total_weight_(max_total_weight), bound_(bound),
      scale_(scale_for(max_total_weight, bound)) {
    if (max_total_weight == 0 || max_total_weight > std::uint64_t{1} << 53U) {
        throw std::invalid_argument("exact_mean: the largest total weight must be from 1 to 2^53");
    }
    if (!std::isnormal(bound) || bound < 0) {
        throw std::invalid_argument("exact_mean: the bound must be a normal, positive, finite float");
    }
}

std::optional<rejection> exact_mean::over_maximum(std::uint64_t weight) const {
    if (weight <= max_total_weight_ - total_weight_) {
        return std::nullopt;
    }
    return rejection{rejection::kind::weight_too_big,
                     "a weight of " + std::to_string(weight) + " on top of " + std::to_string(total_weight_) +
                         " is over the maximum of " + std::to_string(max_total_weight_)};
}

std::optional<rejection> exact_mean::add(std::span<const float> values, std::uint64_t weight) {
    if (values.size() != sums_.size()) {
        return rejection{rejection::kind::wrong_size, "the update has " + std::to_string(values.size()) +
                                                          " values, the model has " +
                                                          std::to_string(sums_.size())};
    }
    if (weight == 0) {
        return rejection{rejection::kind::no_weight, "the update's weight is 0"};
    }
    if (auto refused = over_maximum(weight)) {
        return refused;
    }
    if (auto refused = find_offender(values, bound_)) {
        return refused;
    }
    // Exact: a weight has at most 53 bits and the scale is a power of two.
    add_scaled(values.data(), static_cast<double>(weight) * scale_, sums_.data(), values.size());
    total_weight_ += weight;
    ++updates_;
    return std::nullopt;
}

std::optional<rejection> exact_mean::merge(const exact_mean& other) {
    if (other.sums_.size() != sums_.size() || other.max_total_weight_ != max_total_weight_ ||
        other.bound_ != bound_) {
        throw std::invalid_argument("exact_mean: only means made with the same arguments can be merged");
    }
    if (auto refused = over_maximum(other.total_weight_)) {
        return refused;
    }
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        sums_[i] += other.sums_[i];
    }
    total_weight_ += other.total_weight_;
    updates_ += other.updates_;
    return std::nullopt;
}

void exact_mean::result(std::span<float> out) const {
    if (out.size() != sums_.size()) {
        throw std::invalid_argument("exact_mean: the result needs " + std::to_string(sums_.size()) +
                                    " values");
    }
    if (updates_ == 0) {
        throw std::logic_error("exact_mean: nothing was added, so there is no mean");
    }
    const double divisor = static_cast<double>(total_weight_) * scale_;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(static_cast<double>(sums_[i]) / divisor) + 0.0F; // -0 becomes +0
    }
}

void exact_mean::clear() {
    sums_.assign(sums_.size(), 0);
    total_weight_ = 0;
    updates_ = 0;
}

} // namespace fedasio::method
