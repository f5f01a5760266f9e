// The error that fixed_point promises, against integers of any size.

#include <boost/test/unit_test.hpp>

#include "exact_reference.hpp"

using namespace fedasio::test;
using fedasio::random_stream;

namespace {

constexpr float largest = std::numeric_limits<float>::max();
constexpr float smallest_normal = std::numeric_limits<float>::min();
constexpr float smallest = std::numeric_limits<float>::denorm_min();
constexpr std::uint64_t most_weight = std::uint64_t{1} << 53U;

/// With a maximum that the updates just reach, where the integers are at their largest.
void check_promise(const std::vector<weighted_update>& updates, float bound) {
    fixed_mean mean(updates.front().values.size(), total_of(updates), bound);
    for (const weighted_update& one : updates) {
        must_add(mean, one);
    }
    fedasio::test::check_promise(mean, updates);
}

random_stream stream(std::uint64_t seed) {
    return {seed, fedasio::purpose::weights};
}

} // namespace

BOOST_AUTO_TEST_SUITE(exact_error)

BOOST_AUTO_TEST_CASE(the_scale_is_the_largest_that_cannot_overflow) {
    random_stream random = stream(1);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t weight = any_weight(random, most_weight);
        const float bound = std::max(smallest_normal, std::abs(any_float(random, largest)));
        const int exponent = std::ilogb(fixed_mean(1, weight, bound).scale());
        const integer whole = in_float_units(bound) * weight * power_of_two(exponent + 200);
        // But for the rounding of the product of bound and weight to a double.
        BOOST_REQUIRE(whole <= (power_of_two(62) + power_of_two(10)) * power_of_two(200 + float_unit));
        BOOST_REQUIRE(whole > (power_of_two(61) - power_of_two(10)) * power_of_two(200 + float_unit));
    }
}

BOOST_AUTO_TEST_CASE(huge_and_tiny_values_and_weights) {
    for (const float bound : {largest, 65536.0F, 1024.0F, 1.0F, 0.7F, 0x1.fffffep-100F, smallest_normal}) {
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            random_stream random = stream(seed);
            std::vector<weighted_update> updates(1 + random.below(40));
            for (weighted_update& one : updates) {
                one.weight = any_weight(random, most_weight / 64);
                for (int i = 0; i < 10; ++i) {
                    one.values.push_back(any_float(random, bound));
                }
            }
            check_promise(updates, bound);
        }
    }
}

BOOST_AUTO_TEST_CASE(ten_thousand_clients) {
    for (const std::uint64_t most : {std::uint64_t{1}, std::uint64_t{600}, most_weight / 10'000}) {
        random_stream random = stream(most);
        std::vector<weighted_update> updates(10'000);
        for (weighted_update& one : updates) {
            one.weight = any_weight(random, most);
            one.values = {any_float(random, 1024.0F), 2 * random.uniform() - 1, 1024.0F,
                          (random() & 1U) == 0 ? 1024.0F : -1024.0F, 1e-3F};
        }
        check_promise(updates, 1024.0F);
    }
}

BOOST_AUTO_TEST_CASE(one_sample_against_a_million) {
    random_stream random = stream(1);
    for (int i = 0; i < 200; ++i) {
        const weighted_update one{{any_float(random, 1024.0F), 1024.0F, random.uniform(), smallest}, 1};
        const weighted_update many{{any_float(random, 1024.0F), -0x1p-10F, -0x1p-20F, 0.0F}, 1'000'000};
        check_promise({one, many}, 1024.0F);
        check_promise({many, one}, 1024.0F);
    }
    fixed_mean mean(1, 1'000'001, 1024.0F);
    must_add(mean, {{0.0F}, 1'000'000});
    must_add(mean, {{1.0F}, 1});
    std::vector<float> result(1);
    mean.result(result);
    BOOST_TEST(result[0] == static_cast<float>(1.0 / 1'000'001));
}

BOOST_AUTO_TEST_CASE(what_cancels_leaves_nothing_behind) {
    random_stream random = stream(7);
    for (const float rest : {0.0F, 0x1p-30F, -0x1.8p-20F, 0x1.234568p-10F}) {
        // Each product is a multiple of the unit 2^-37 and a double holds it: so nothing is rounded on the
        // way.
        fixed_mean mean(1, 1U << 15U, 1024.0F);
        BOOST_REQUIRE(mean.scale() == 0x1p37);
        for (int i = 0; i < 500; ++i) {
            const float value = std::ldexp(static_cast<float>(random() >> 8U), -14);
            const std::uint64_t weight = 1 + random.below(30);
            must_add(mean, {{value}, weight});
            must_add(mean, {{-value}, weight});
        }
        must_add(mean, {{rest}, 1});
        must_add(mean, {{0.0F}, (1U << 14U) - mean.total_weight() % (1U << 14U)});
        std::vector<float> result(1);
        mean.result(result);
        BOOST_TEST(result[0] * static_cast<float>(mean.total_weight()) == rest);
    }
}

BOOST_AUTO_TEST_CASE(large_pairs_that_leave_something_tiny) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        random_stream random = stream(seed);
        std::vector<weighted_update> updates;
        for (int pair = 0; pair < 30; ++pair) {
            weighted_update one{{}, any_weight(random, 1U << 30U)};
            weighted_update other{{}, one.weight};
            for (int i = 0; i < 5; ++i) {
                one.values.push_back(1024.0F - random.uniform() / 1024);
                other.values.push_back(-std::nextafter(one.values.back(), 0.0F));
            }
            updates.push_back(std::move(one));
            updates.push_back(std::move(other));
        }
        updates.push_back({std::vector<float>(5, smallest), 1});
        check_promise(updates, 1024.0F);
    }
}

BOOST_AUTO_TEST_CASE(all_at_the_bound) {
    for (const float bound : {largest, 1024.0F, 3.0F, 0x1.fffffep-1F, smallest_normal}) {
        for (const std::uint64_t weight : {std::uint64_t{1}, std::uint64_t{3}, most_weight / 1000}) {
            const std::vector<weighted_update> updates(1000, {{bound, -bound}, weight});
            check_promise(updates, bound);
            fixed_mean mean(2, total_of(updates), bound);
            for (const weighted_update& one : updates) {
                must_add(mean, one);
            }
            std::vector<float> result(2);
            mean.result(result);
            BOOST_TEST(result == (std::vector<float>{bound, -bound}), boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(subnormal_values) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        random_stream random = stream(seed);
        std::vector<weighted_update> updates(20);
        for (weighted_update& one : updates) {
            one.weight = any_weight(random, 1000);
            for (int i = 0; i < 10; ++i) {
                const float steps = static_cast<float>(random.below(2000)) - 1000;
                one.values.push_back(steps * smallest);
            }
        }
        check_promise(updates, smallest_normal);
        check_promise(updates, 1.0F);
    }
}

BOOST_AUTO_TEST_CASE(a_mean_too_small_for_a_float_is_zero) {
    fixed_mean mean(1, 10, smallest_normal);
    must_add(mean, {{-smallest}, 1});
    must_add(mean, {{0.0F}, 9});
    std::vector<float> result(1);
    mean.result(result);
    BOOST_TEST(result[0] == 0.0F);
}

BOOST_AUTO_TEST_CASE(just_beside_the_middle_between_two_floats) {
    const float above = std::nextafter(1.0F, 2.0F);
    constexpr std::uint64_t half = 1U << 26U;
    for (const bool up : {false, true}) {
        // The mean is 2^-50 beside the middle, twice the promised error.
        fixed_mean mean(1, 2 * half, 2.0F);
        must_add(mean, {{1.0F}, up ? half - 1 : half + 1});
        must_add(mean, {{above}, up ? half + 1 : half - 1});
        std::vector<float> result(1);
        mean.result(result);
        BOOST_TEST(result[0] == (up ? above : 1.0F));
    }
}

BOOST_AUTO_TEST_CASE(the_promised_error_can_be_met) {
    // Halves of a unit go to the even neighbour: here each of a thousand updates is off by half a unit, all
    // to the same side.
    constexpr std::uint64_t clients = 1024;
    for (const auto& [halves, units] : {std::pair{1, 0}, std::pair{3, 2}, std::pair{-7, -4}}) {
        fixed_mean mean(1, clients, 1024.0F);
        const float value = static_cast<float>(halves) / 2 / static_cast<float>(mean.scale());
        const std::vector<weighted_update> updates(clients, {{value}, 1});
        for (const weighted_update& one : updates) {
            must_add(mean, one);
        }
        fedasio::test::check_promise(mean, updates);
        std::vector<float> result(1);
        mean.result(result);
        BOOST_TEST(result[0] * static_cast<float>(mean.scale()) == static_cast<float>(units));
    }
}

BOOST_AUTO_TEST_SUITE_END()
