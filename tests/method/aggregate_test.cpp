#include <fedasio/method/aggregate.hpp>
#include <fedasio/random.hpp>

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

using namespace fedasio::method;
using kind = rejection::kind;

namespace {

struct update {
    std::vector<float> values;
    std::uint64_t weight;
};

std::vector<float> result_of(const exact_mean& mean, std::size_t parameters) {
    std::vector<float> out(parameters);
    mean.result(out);
    return out;
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
    std::vector<std::uint32_t> result;
    result.reserve(values.size());
    for (const float value : values) {
        result.push_back(std::bit_cast<std::uint32_t>(value));
    }
    return result;
}

void must_add(exact_mean& mean, const update& one) {
    const auto refused = mean.add(one.values, one.weight);
    BOOST_REQUIRE_MESSAGE(!refused, (refused ? refused->detail : ""));
}

constexpr float bound = 65536.0F;
constexpr std::uint64_t max_weight = 1U << 20U;
constexpr int unit_exponent = 60;

// Multiples of 2^-60 up to 2^15 of either sign: every product with a weight and every sum is exact in 128
// bits.
float any_value(fedasio::random_stream& random) {
    const float mantissa = static_cast<float>(random() >> 8U) * 0x1p-24F;
    const float value = std::ldexp(mantissa, static_cast<int>(random.below(52)) - 36);
    return (random() & 1U) != 0 ? value : -value;
}

std::vector<update> adversaries(std::size_t parameters, std::size_t updates, std::uint64_t most_weight,
                                std::uint64_t seed) {
    fedasio::random_stream random(seed, fedasio::purpose::weights);
    std::vector<update> result;
    for (std::size_t i = 0; i < updates; ++i) {
        update one{{}, 1 + random.below(static_cast<std::uint32_t>(most_weight))};
        // Every other update takes back the one before it, but for a little.
        const bool cancels = i % 2 == 1;
        for (std::size_t p = 0; p < parameters; ++p) {
            one.values.push_back(cancels ? -result[i - 1].values[p] : any_value(random));
        }
        one.weight = cancels ? result[i - 1].weight : one.weight;
        result.push_back(std::move(one));
    }
    result.back().values.assign(parameters, 0x1p-30F);
    return result;
}

// |result - true mean| against the documented bound, the truth being computed in 128-bit integers.
void check_against_integers(const std::vector<update>& updates, std::size_t parameters,
                            const exact_mean& mean) {
    const auto result = result_of(mean, parameters);
    for (std::size_t p = 0; p < parameters; ++p) {
        __extension__ __int128 sum = 0;
        long double magnitude = 0;
        std::uint64_t weight = 0;
        for (const update& one : updates) {
            const auto scaled =
                static_cast<__int128>(std::ldexp(static_cast<long double>(one.values[p]), unit_exponent));
            sum += scaled * static_cast<std::int64_t>(one.weight);
            magnitude +=
                std::abs(static_cast<long double>(one.values[p])) * static_cast<long double>(one.weight);
            weight += one.weight;
        }
        const auto total = static_cast<long double>(weight);
        const long double truth = std::ldexp(static_cast<long double>(sum), -unit_exponent) / total;
        const long double fixed_point = static_cast<long double>(updates.size()) /
                                        (2.0L * total * static_cast<long double>(mean.scale()));
        const long double rounding = std::ldexp(magnitude / total, -51) + std::ldexp(std::abs(truth), -24) +
                                     static_cast<long double>(std::numeric_limits<float>::denorm_min());
        BOOST_REQUIRE_LE(std::abs(static_cast<long double>(result[p]) - truth), fixed_point + rounding);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(aggregate)

BOOST_AUTO_TEST_CASE(small_means_by_hand) {
    exact_mean mean(2, 100, bound);
    must_add(mean, {{1.0F, -3.0F}, 1});
    must_add(mean, {{5.0F, 1.0F}, 3});
    const auto result = result_of(mean, 2);
    BOOST_TEST(result[0] == 4.0F);
    BOOST_TEST(result[1] == 0.0F);
    BOOST_TEST(mean.total_weight() == 4U);
    BOOST_TEST(mean.updates() == 2U);
}

BOOST_AUTO_TEST_CASE(the_mean_is_as_near_the_truth_as_promised) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto updates = adversaries(50, 3 + seed, max_weight / 64, seed);
        exact_mean mean(50, max_weight, bound);
        for (const update& one : updates) {
            must_add(mean, one);
        }
        check_against_integers(updates, 50, mean);
    }
}

BOOST_AUTO_TEST_CASE(ten_thousand_clients) {
    const auto updates = adversaries(8, 10'000, 100, 3);
    exact_mean mean(8, max_weight, bound);
    for (const update& one : updates) {
        must_add(mean, one);
    }
    BOOST_TEST(mean.updates() == 10'000U);
    check_against_integers(updates, 8, mean);
}

BOOST_AUTO_TEST_CASE(one_sample_against_a_million) {
    const std::vector<update> updates{{{1000.0F, 0x1p-20F}, 1}, {{-0x1p-10F, 0.0F}, 1'000'000}};
    exact_mean mean(2, max_weight, bound);
    for (const update& one : updates) {
        must_add(mean, one);
    }
    check_against_integers(updates, 2, mean);
    BOOST_TEST(result_of(mean, 2)[1] > 0.0F);
}

BOOST_AUTO_TEST_CASE(order_never_changes_a_bit) {
    auto updates = adversaries(100, 60, 1000, 11);
    std::vector<std::uint32_t> expected;
    fedasio::random_stream random(5, fedasio::purpose::shuffle);
    for (int i = 0; i < 50; ++i) {
        exact_mean mean(100, max_weight, bound);
        for (const update& one : updates) {
            must_add(mean, one);
        }
        const auto now = bits(result_of(mean, 100));
        if (expected.empty()) {
            expected = now;
        }
        BOOST_REQUIRE(now == expected);
        random.shuffle(std::span(updates));
    }
}

BOOST_AUTO_TEST_CASE(partial_sums_never_change_a_bit) {
    const auto updates = adversaries(100, 60, 1000, 12);
    exact_mean whole(100, max_weight, bound);
    std::vector<exact_mean> parts(4, whole);
    for (std::size_t i = 0; i < updates.size(); ++i) {
        must_add(whole, updates[i]);
        must_add(parts[i * i % 4], updates[i]);
    }
    exact_mean merged(100, max_weight, bound);
    for (const exact_mean& part : parts) {
        BOOST_TEST(!merged.merge(part));
    }
    BOOST_TEST(merged.updates() == 60U);
    BOOST_TEST(merged.total_weight() == whole.total_weight());
    BOOST_TEST(bits(result_of(merged, 100)) == bits(result_of(whole, 100)));
}

BOOST_AUTO_TEST_CASE(the_extremes_do_not_overflow) {
    const float largest = std::numeric_limits<float>::max();
    const std::uint64_t most = std::uint64_t{1} << 53U;
    for (const float limit : {largest, bound, 1.0F, 3.0F, std::numeric_limits<float>::min()}) {
        for (const std::uint64_t weight : {std::uint64_t{1}, std::uint64_t{3}, max_weight, most - 1, most}) {
            exact_mean mean(3, weight, limit);
            const double whole = static_cast<double>(limit) * static_cast<double>(weight) * mean.scale();
            BOOST_TEST(whole <= 0x1p62 * (1 + 0x1p-50));
            BOOST_TEST(whole >= 0x1p61 * (1 - 0x1p-50));
            const std::uint64_t half = weight / 2;
            if (half > 0) {
                must_add(mean, {{limit, -limit, 0.0F}, half});
            }
            must_add(mean, {{limit, -limit, 0.0F}, weight - half});
            const auto result = result_of(mean, 3);
            BOOST_TEST(result[0] == limit);
            BOOST_TEST(result[1] == -limit);
            BOOST_TEST(result[2] == 0.0F);
        }
    }
}

BOOST_AUTO_TEST_CASE(refused_updates_leave_everything_as_it_was) {
    exact_mean mean(3, 100, 10.0F);
    must_add(mean, {{1.0F, 2.0F, 3.0F}, 7});
    const float infinity = std::numeric_limits<float>::infinity();
    const float over = std::nextafter(10.0F, 11.0F);
    const auto refused = [&mean](std::vector<float> values, std::uint64_t weight) {
        const auto why = mean.add(values, weight);
        BOOST_REQUIRE(why.has_value());
        BOOST_TEST(!why->detail.empty());
        return why->reason;
    };
    BOOST_CHECK(refused({1, 2}, 1) == kind::wrong_size);
    BOOST_CHECK(refused({1, 2, 3, 4}, 1) == kind::wrong_size);
    BOOST_CHECK(refused({1, 2, std::nanf("")}, 1) == kind::not_finite);
    BOOST_CHECK(refused({infinity, 2, 3}, 1) == kind::not_finite);
    BOOST_CHECK(refused({1, -infinity, 3}, 1) == kind::not_finite);
    BOOST_CHECK(refused({1, 2, over}, 1) == kind::out_of_bound);
    BOOST_CHECK(refused({1, -over, 3}, 1) == kind::out_of_bound);
    BOOST_CHECK(refused({1, 2, 3}, 0) == kind::no_weight);
    BOOST_CHECK(refused({1, 2, 3}, 94) == kind::weight_too_big);
    BOOST_CHECK(refused({1, 2, 3}, std::numeric_limits<std::uint64_t>::max()) == kind::weight_too_big);
    BOOST_TEST(mean.total_weight() == 7U);
    BOOST_TEST(mean.updates() == 1U);
    BOOST_TEST(result_of(mean, 3) == (std::vector<float>{1, 2, 3}), boost::test_tools::per_element());
    must_add(mean, {{10.0F, -10.0F, 10.0F}, 93});
}

BOOST_AUTO_TEST_CASE(the_offender_is_named) {
    exact_mean mean(3, 100, 10.0F);
    const std::vector<float> values{1, 20, std::nanf("")};
    const auto why = mean.add(values, 1);
    BOOST_REQUIRE(why.has_value());
    BOOST_TEST(why->detail.find("value 1 of 3 is 20") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_merge_over_the_maximum_is_refused) {
    exact_mean mean(1, 100, 10.0F);
    exact_mean other(1, 100, 10.0F);
    must_add(mean, {{1.0F}, 60});
    must_add(other, {{2.0F}, 41});
    const auto why = mean.merge(other);
    BOOST_REQUIRE(why.has_value());
    BOOST_CHECK(why->reason == kind::weight_too_big);
    BOOST_TEST(mean.total_weight() == 60U);
    BOOST_TEST(result_of(mean, 1)[0] == 1.0F);
    BOOST_CHECK_THROW((void)mean.merge(exact_mean(2, 100, 10.0F)), std::invalid_argument);
    BOOST_CHECK_THROW((void)mean.merge(exact_mean(1, 101, 10.0F)), std::invalid_argument);
    BOOST_CHECK_THROW((void)mean.merge(exact_mean(1, 100, 11.0F)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(tiny_values) {
    const float subnormal = std::numeric_limits<float>::denorm_min();
    exact_mean small(2, 10, std::numeric_limits<float>::min());
    must_add(small, {{subnormal, -3 * subnormal}, 10});
    BOOST_TEST(result_of(small, 2)[0] == subnormal);
    BOOST_TEST(result_of(small, 2)[1] == -3 * subnormal);

    exact_mean large(2, 10, bound);
    must_add(large, {{subnormal, -0.0F}, 10});
    BOOST_TEST(bits(result_of(large, 2)) == bits({0.0F, 0.0F}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(rounding_is_to_the_nearest) {
    // The unit of these sums is 2^-44, so 0.75 units must become one and -0.75 minus one.
    exact_mean mean(3, 4, bound);
    BOOST_TEST(mean.scale() == 0x1p44);
    must_add(mean, {{0x1.8p-45F, -0x1.8p-45F, 0x1p-46F}, 1});
    BOOST_TEST(result_of(mean, 3) == (std::vector<float>{0x1p-44F, -0x1p-44F, 0.0F}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrong_use) {
    exact_mean mean(2, 10, 1.0F);
    std::vector<float> two(2);
    std::vector<float> three(3);
    BOOST_CHECK_THROW(mean.result(two), std::logic_error);
    must_add(mean, {{1.0F, 1.0F}, 1});
    BOOST_CHECK_THROW(mean.result(three), std::invalid_argument);
    mean.clear();
    BOOST_CHECK_THROW(mean.result(two), std::logic_error);
    must_add(mean, {{0.25F, 0.5F}, 10});
    BOOST_TEST(result_of(mean, 2)[0] == 0.25F);
    BOOST_CHECK_THROW(exact_mean(1, 0, 1.0F), std::invalid_argument);
    BOOST_CHECK_THROW(exact_mean(1, (std::uint64_t{1} << 53U) + 1, 1.0F), std::invalid_argument);
    for (const float wrong : {0.0F, -1.0F, 1e-40F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        BOOST_CHECK_THROW(exact_mean(1, 1, wrong), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_SUITE_END()
