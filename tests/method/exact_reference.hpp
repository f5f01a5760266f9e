#pragma once

#include <fedasio/method/fixed_point.hpp>
#include <fedasio/random.hpp>

#include <boost/multiprecision/cpp_int.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace fedasio::test {

using integer =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;

struct weighted_update {
    std::vector<float> values;
    std::uint64_t weight;
};

inline std::uint64_t total_of(const std::vector<weighted_update>& updates) {
    std::uint64_t total = 0;
    for (const weighted_update& one : updates) {
        total += one.weight;
    }
    return total;
}

/// The weighted mean of what was added, by nothing but fixed_point.
class fixed_mean {
public:
    fixed_mean(std::size_t parameters, std::uint64_t largest_total, float bound)
        : code_(static_cast<double>(largest_total), bound), sums_(parameters) {}

    void add(std::span<const float> values, std::uint64_t weight) {
        code_.add(values, static_cast<double>(weight), sums_);
        total_weight_ += weight;
    }

    void merge(const fixed_mean& other) {
        for (std::size_t i = 0; i < sums_.size(); ++i) {
            sums_[i] += other.sums_[i];
        }
        total_weight_ += other.total_weight_;
    }

    void clear() {
        std::ranges::fill(sums_, 0);
        total_weight_ = 0;
    }

    void result(std::span<float> out) const {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<float>(code_.mean(sums_[i], static_cast<double>(total_weight_)));
        }
    }

    [[nodiscard]] std::uint64_t total_weight() const { return total_weight_; }

    [[nodiscard]] double scale() const { return code_.scale(); }

private:
    method::fixed_point code_;
    std::vector<std::uint64_t> sums_;
    std::uint64_t total_weight_ = 0;
};

inline void must_add(fixed_mean& mean, const weighted_update& one) {
    mean.add(one.values, one.weight);
}

inline std::vector<std::uint32_t> result_bits(const fixed_mean& mean, std::size_t parameters) {
    std::vector<float> result(parameters);
    mean.result(result);
    std::vector<std::uint32_t> bits;
    bits.reserve(parameters);
    for (const float value : result) {
        bits.push_back(std::bit_cast<std::uint32_t>(value));
    }
    return bits;
}

/// Any finite float up to `bound`, subnormal ones too, all exponents alike.
inline float any_float(random_stream& random, float bound) {
    while (true) {
        const auto value = std::bit_cast<float>(random());
        if (std::abs(value) <= bound) {
            return value;
        }
    }
}

/// From 1 to `most`, all magnitudes alike.
inline std::uint64_t any_weight(random_stream& random, std::uint64_t most) {
    const unsigned digits = random.below(static_cast<std::uint32_t>(std::bit_width(most)));
    const std::uint64_t weight = (std::uint64_t{random()} << 32U | random()) >> (63U - digits);
    return std::min(std::max<std::uint64_t>(weight, 1), most);
}

inline integer power_of_two(int exponent) {
    BOOST_REQUIRE(exponent >= 0);
    return pow(integer(2), static_cast<unsigned>(exponent));
}

/// Every float is a multiple of 2^-149.
constexpr int float_unit = 149;

inline integer in_float_units(float value) {
    int exponent = 0;
    static_cast<void>(std::frexp(value, &exponent));
    exponent = std::max(exponent, std::numeric_limits<float>::min_exponent); // subnormal
    const auto digits = static_cast<std::int64_t>(std::ldexp(static_cast<double>(value), 24 - exponent));
    return integer(digits) * power_of_two(exponent - 24 + float_unit);
}

/// Twice the number halfway from `value` to its neighbour on the side of `towards`, in float units: up to
/// there what is between is rounded to `value`.
inline integer twice_halfway(float value, float towards) {
    const float neighbour = std::nextafter(value, towards);
    const integer there = std::isinf(neighbour) ? power_of_two(128 + float_unit) * (neighbour < 0 ? -1 : 1)
                                                : in_float_units(neighbour);
    return in_float_units(value) + there;
}

/// Holds each value of the mean against the error that fixed_point promises, without any rounding: all is
/// compared in units of 2^-digits / total weight.
inline void check_promise(const fixed_mean& mean, const std::vector<weighted_update>& updates) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr int digits = 400;
    const std::size_t parameters = updates.front().values.size();
    std::vector<float> result(parameters);
    mean.result(result);
    const integer total = total_of(updates);
    const integer of_units = integer(updates.size()) * power_of_two(digits - 1 - std::ilogb(mean.scale()));
    for (std::size_t i = 0; i < parameters; ++i) {
        integer sum = 0;
        integer magnitude = 0;
        for (const weighted_update& one : updates) {
            const integer term = in_float_units(one.values[i]) * one.weight;
            sum += term;
            magnitude += abs(term);
        }
        const integer truth = sum * power_of_two(digits - float_unit);
        const integer error = of_units + magnitude * power_of_two(digits - float_unit - 51);
        const integer low =
            twice_halfway(result[i], -infinity) * total * power_of_two(digits - float_unit - 1);
        const integer high =
            twice_halfway(result[i], infinity) * total * power_of_two(digits - float_unit - 1);
        const bool keeps = truth - error <= high && truth + error >= low;
        BOOST_REQUIRE_MESSAGE(keeps, "value " << i << " is " << result[i] << ", farther from the mean of "
                                              << updates.size() << " updates than is promised");
    }
}

} // namespace fedasio::test
