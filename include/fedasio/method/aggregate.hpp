#pragma once

#include <fedasio/method/fixed_point.hpp>
#include <fedasio/method/rejection.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::method {

/// The weighted mean of updates that come one after the other, exact: the result is bit-identical in whatever
/// order updates are added and however partial means are merged on the way, because sums are integers.
///
/// Each sum is a 64-bit fixed-point number in units of 1/scale, a power of two: the largest for which the
/// sums of any updates that keep to `bound` and `max_total_weight` cannot overflow; bound * max_total_weight
/// * scale is between 2^61 and 2^62. An update adds round(value * weight * scale).
///
/// Error: |result - true mean| <= n * (1/scale) / (2 * total_weight) + 2^-51 * (weighted mean of |values|)
/// for n updates, rounded to the nearest float. With bound 2^16 and a maximum of 2^20 samples the first term
/// is at most 2^-27 for clients with one sample each, and less by the factor of samples per client otherwise.
///
/// Memory: 8 bytes a parameter, whatever the number of updates. Not thread-safe.
class exact_mean {
public:
    /// `max_total_weight` (1 to 2^53) is the largest sum of weights, `bound` (2^-126 to the largest float)
    /// the largest |value|. Throws std::invalid_argument.
    exact_mean(std::size_t parameters, std::uint64_t max_total_weight, float bound);

    /// Adds an update, or says why not and leaves everything as it was: the whole update is checked before
    /// any of it counts.
    [[nodiscard]] std::optional<rejection> add(std::span<const float> values, std::uint64_t weight);

    /// Adds all that was added to `other`, or says why not and leaves everything as it was. Both must have
    /// been made with the same arguments: std::invalid_argument.
    [[nodiscard]] std::optional<rejection> merge(const exact_mean& other);

    /// The mean of what was added. A -0 becomes +0. Throws std::logic_error before the first update and
    /// std::invalid_argument if `out` has another size.
    void result(std::span<float> out) const;

    /// Forgets all updates and keeps the memory.
    void clear();

    [[nodiscard]] std::uint64_t total_weight() const { return total_weight_; }

    [[nodiscard]] std::uint64_t updates() const { return updates_; }

    [[nodiscard]] double scale() const { return scale_; }

private:
    [[nodiscard]] std::optional<rejection> over_maximum(std::uint64_t weight) const;

    std::vector<std::int64_t> sums_;
    std::uint64_t max_total_weight_;
    float bound_;
    double scale_;
    std::uint64_t total_weight_ = 0;
    std::uint64_t updates_ = 0;
};

} // namespace fedasio::method
