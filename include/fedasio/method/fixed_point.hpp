#pragma once

#include <cstdint>
#include <span>

namespace fedasio::method {

/// A bound on |w| that no sensible update of a model with these weights meets, so that one diverged client
/// cannot spoil the mean: 1024, or 16 times the largest of them.
[[nodiscard]] float weight_bound(std::span<const float> weights);

/// Values as integers that add up exactly, in whatever order and over whatever partial sums: the common
/// language of who adds updates, of who sends partial sums, and of who masks them.
///
/// A value times its factor becomes round(value * factor * scale) modulo 2^64. The scale is a power of two,
/// the largest for which the sums of any values that keep to `bound`, with factors that keep to
/// `largest_total` together, cannot overflow; bound * largest_total * scale is between 2^61 and 2^62.
///
/// Error of a mean: |mean - true mean| <= n * (1/scale) / (2 * total) + 2^-51 * (weighted mean of |values|)
/// for n addends. With bound 2^16 and a largest total of 2^20 samples the first term is at most 2^-27 for
/// clients with one sample each, and less by the factor of samples per client otherwise.
///
/// Immutable: any thread.
class fixed_point {
public:
    /// `largest_total` (a whole number from 1 to 2^53) is the largest sum of factors, and of how many there
    /// are; `bound` (2^-126 to the largest float) the largest |value|. Throws std::invalid_argument.
    fixed_point(double largest_total, float bound);

    [[nodiscard]] double scale() const { return scale_; }

    /// Spans must be of a size, values within the bound, the factor over 0.
    void encode(std::span<const float> values, double factor, std::span<std::uint64_t> out) const;

    /// sums += encode(values, factor), in one pass.
    void add(std::span<const float> values, double factor, std::span<std::uint64_t> sums) const;

    /// The same of x + share * (values - x), 0 < share <= 1, with x within the bound too.
    void add_share(std::span<const float> values, std::span<const float> x, double share, double factor,
                   std::span<std::uint64_t> sums) const;

    /// The mean that a sum stands for if the factors add up to `total`.
    [[nodiscard]] double mean(std::uint64_t sum, double total) const {
        return static_cast<double>(static_cast<std::int64_t>(sum)) / (total * scale_);
    }

    /// The same of many.
    void means(std::span<const std::uint64_t> sums, double total, std::span<double> out) const;

private:
    double scale_;
};

} // namespace fedasio::method
