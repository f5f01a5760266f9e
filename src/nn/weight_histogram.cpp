#include <fedasio/nn/weight_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace fedasio::nn {
namespace {

/// Quartiles without a copy of the values: counts by sign, exponent and the first seven digits of the
/// fraction, in the order of the values. A quartile is that bucket's edge, which is near enough for a fence.
class coarse_order {
public:
    void count(float value) { ++counts_[bucket(value)]; }

    /// The edge below the value of this rank.
    [[nodiscard]] double edge_below(std::uint64_t rank) const { return edge(place_of(rank)); }

    [[nodiscard]] double edge_above(std::uint64_t rank) const { return edge(place_of(rank) + 1); }

private:
    static constexpr std::uint32_t sign = 0x80000000U;
    static constexpr unsigned dropped_bits = 16;

    /// Floats in order are whole numbers in order once negative ones are turned round.
    static std::uint32_t bucket(float value) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        return ((bits & sign) != 0 ? ~bits : bits | sign) >> dropped_bits;
    }

    static double edge(std::uint32_t place) {
        const auto key = place << dropped_bits;
        return std::bit_cast<float>((key & sign) != 0 ? key & ~sign : ~key);
    }

    [[nodiscard]] std::uint32_t place_of(std::uint64_t rank) const {
        std::uint32_t place = 0;
        for (std::uint64_t before = counts_[0]; before <= rank; before += counts_[place]) {
            ++place;
        }
        return place;
    }

    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(std::size_t{1} << dropped_bits);
};

struct reach {
    double low = 0;
    double high = 0;
};

/// Of the bins; `order` has the `ranked` values that are finite and not zero.
reach reach_of(const weight_histogram& of, const coarse_order& order, std::uint64_t ranked) {
    constexpr double ranges = 6;
    if (ranked == 0) {
        return {of.minimum, of.maximum};
    }
    const auto lower = order.edge_below(ranked / 4);
    // The bucket of the largest floats has no edge above.
    const auto upper = std::min(order.edge_above(ranked - 1 - ranked / 4), of.maximum);
    const auto room = ranges * std::max(0.0, upper - lower);
    return {std::max(of.minimum, lower - room), std::min(of.maximum, upper + room)};
}

void put_into_bins(weight_histogram& result, std::span<const float> values, const reach& within) {
    result.low = within.low;
    const bool is_one = within.low == within.high;
    result.width = is_one ? 0 : (within.high - within.low) / weight_histogram::most_bins;
    result.bins.assign(is_one ? 1 : weight_histogram::most_bins, 0);
    double squares = 0;
    for (const double value : values) {
        if (!std::isfinite(value)) {
            continue;
        }
        squares += (value - result.mean) * (value - result.mean);
        if (value < within.low) {
            ++result.below;
        } else if (value > within.high) {
            ++result.above;
        } else {
            const auto place = is_one ? 0 : static_cast<std::size_t>((value - within.low) / result.width);
            ++result.bins[std::min(place, result.bins.size() - 1)];
        }
    }
    result.deviation = std::sqrt(squares / static_cast<double>(result.values - result.not_finite));
}

} // namespace

weight_histogram count_weights(std::span<const float> values) {
    weight_histogram result;
    result.values = values.size();
    coarse_order order;
    double sum = 0;
    bool is_first = true;
    for (const float value : values) {
        if (!std::isfinite(value)) {
            ++result.not_finite;
            continue;
        }
        sum += value;
        result.minimum = is_first ? value : std::min<double>(result.minimum, value);
        result.maximum = is_first ? value : std::max<double>(result.maximum, value);
        is_first = false;
        if (value == 0) {
            ++result.zeros;
        } else {
            order.count(value);
        }
    }
    const auto finite = result.values - result.not_finite;
    if (finite == 0) {
        return result;
    }
    result.mean = sum / static_cast<double>(finite);
    put_into_bins(result, values, reach_of(result, order, finite - result.zeros));
    return result;
}

} // namespace fedasio::nn
