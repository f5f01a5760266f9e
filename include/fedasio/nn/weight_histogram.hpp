#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace fedasio::nn {

/// How the values of an array are spread. A few that lie far out do not press all others into one bin: the
/// bins reach from the least value to the largest, but no further than six interquartile ranges from the
/// quartiles of the values that are not zero. What lies beyond is counted in `below` and `above`, so
/// `values` = `not_finite` + `below` + all bins + `above`.
struct weight_histogram {
    static constexpr std::size_t most_bins = 60;

    std::uint64_t values = 0;
    std::uint64_t not_finite = 0; ///< infinities and NaNs, which nothing else here is of
    std::uint64_t zeros = 0;
    // NaN if no value is finite:
    double minimum = std::numeric_limits<double>::quiet_NaN();
    double maximum = std::numeric_limits<double>::quiet_NaN();
    double mean = std::numeric_limits<double>::quiet_NaN();
    double deviation = std::numeric_limits<double>::quiet_NaN(); ///< root of the mean squared distance to it
    double low = std::numeric_limits<double>::quiet_NaN();       ///< where the first bin begins
    /// Of each bin; 0: there is one bin, all of whose values are `low`.
    double width = std::numeric_limits<double>::quiet_NaN();
    /// A bin holds its lower edge, the last one its upper edge too. Empty if no value is finite.
    std::vector<std::uint64_t> bins;
    std::uint64_t below = 0;
    std::uint64_t above = 0;
};

/// Goes over the values twice, in order: the same values give the same result. Takes 512 KiB whatever their
/// number.
[[nodiscard]] weight_histogram count_weights(std::span<const float> values);

} // namespace fedasio::nn
