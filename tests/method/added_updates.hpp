#pragma once

#include <fedasio/method/round_sum.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <variant>
#include <vector>

/// Updates of clients, and what becomes of them in a sum.
namespace fedasio::method::testing {

using floats = std::vector<float>;

struct sender {
    floats values;
    double factor = 1;
    double allowance = 1;
    double share = 1;
};

inline floats noise(std::size_t size, unsigned seed, double norm = 1) {
    std::mt19937 random(seed);
    std::vector<double> direction(size);
    double squares = 0;
    for (auto& one : direction) {
        one = static_cast<double>(random()) / 4294967296.0 - 0.5;
        squares += one * one;
    }
    floats result(size);
    for (std::size_t i = 0; i < size; ++i) {
        result[i] = static_cast<float>(direction[i] * norm / std::sqrt(squares));
    }
    return result;
}

inline checked_update checked(const update_check& check, std::span<const float> values,
                              std::vector<std::span<const float>> channels = {}) {
    auto result = check.check(values, std::move(channels));
    BOOST_REQUIRE(std::holds_alternative<checked_update>(result));
    return std::get<checked_update>(result);
}

inline void add(round_sum& sum, const update_check& check, std::uint32_t client, const sender& one) {
    const addend how{.client = client, .factor = one.factor, .share = one.share, .allowance = one.allowance};
    const auto problem = sum.add(checked(check, one.values), how);
    BOOST_REQUIRE_MESSAGE(!problem, (problem ? problem->detail : ""));
}

inline std::vector<double> mean_of(const round_sum& sum, std::size_t size) {
    std::vector<double> result(size);
    run_blocks(size,
               [&](const block& part) { sum.mean(part, std::span(result).subspan(part.first, part.size)); });
    return result;
}

inline std::vector<std::size_t> in_order(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
}

} // namespace fedasio::method::testing
