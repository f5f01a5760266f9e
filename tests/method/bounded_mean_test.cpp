#include <fedasio/method/bounded_mean.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace {

using fedasio::method::bounded_mean;
using fedasio::method::exact_mean;
using fedasio::method::weight_bound;
using weights = std::vector<float>;

constexpr std::size_t parameters = 101;

struct sender {
    double norm = 0; ///< of its update
    std::uint64_t samples = 1;
    double allowance = 1;
};

/// A model of norm 8: updates within 1 move it by an eighth at most.
weights model() {
    weights base(parameters, 0.0F);
    base[3] = -8;
    return base;
}

/// An update that goes so far, each in a direction of its own.
weights update_of(const weights& base, double norm, std::size_t place) {
    std::mt19937 random(static_cast<unsigned>(place));
    std::vector<double> direction(base.size());
    double squares = 0;
    for (auto& one : direction) {
        one = static_cast<double>(random()) / 4294967296.0 - 0.5;
        squares += one * one;
    }
    auto result = base;
    for (std::size_t i = 0; i < base.size(); ++i) {
        result[i] = static_cast<float>(base[i] + direction[i] * norm / std::sqrt(squares));
    }
    return result;
}

struct outcome {
    std::vector<std::size_t> left_out;
    weights mean;
};

outcome mean_of(const weights& base, const std::vector<sender>& all, std::vector<std::size_t> order,
                std::optional<std::uint32_t> factor = 16) {
    bounded_mean mean(base, 1000, factor);
    for (const auto place : order) {
        BOOST_REQUIRE(!mean.add(place, update_of(base, all[place].norm, place), all[place].samples,
                                all[place].allowance));
    }
    outcome result;
    for (const auto& one : mean.settle()) {
        result.left_out.push_back(one.place);
    }
    BOOST_TEST(mean.updates() == all.size() - result.left_out.size());
    result.mean.resize(base.size());
    mean.result(result.mean);
    return result;
}

std::vector<std::size_t> in_order(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
}

std::vector<std::size_t> left_out(const std::vector<sender>& all, std::optional<std::uint32_t> factor = 16) {
    return mean_of(model(), all, in_order(all.size()), factor).left_out;
}

using places = std::vector<std::size_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(bounded_means)

BOOST_AUTO_TEST_CASE(the_distance_is_a_norm) {
    const weights one{3, 0, 1, 2};
    const weights other{0, 4, 1, 2};
    BOOST_TEST(fedasio::method::distance(one, other) == 5.0);
    for (const std::size_t size : {1U, 15U, 16U, 17U, 100U}) {
        BOOST_TEST(fedasio::method::distance(weights(size, 2), weights(size, -1)) ==
                       3 * std::sqrt(static_cast<double>(size)),
                   boost::test_tools::tolerance(1e-14));
    }
}

BOOST_AUTO_TEST_CASE(what_is_far_out_of_proportion_is_left_out) {
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}) == places{3}));
    BOOST_TEST((left_out({{3000}, {2}, {1e-3}, {2000}, {3}}) == places{0, 3}), "two of five");
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}, std::nullopt).empty()));
    BOOST_TEST((left_out({{2}, {3}, {2.5}, {2000}}, 2048).empty()));
}

BOOST_AUTO_TEST_CASE(what_is_within_proportion_is_taken) {
    // Rounded up to a power of two: 16 times is always within, over 32 times never.
    BOOST_TEST((left_out({{2.1}, {2.1}, {2.1}, {33.6}}).empty()));
    BOOST_TEST((left_out({{2.1}, {2.1}, {2.1}, {67.3}}) == places{3}));
    BOOST_TEST((left_out({{0}, {0}, {0}, {0.99}}).empty()), "an eighth of the model harms nobody");
    BOOST_TEST((left_out({{0}, {0}, {0}, {2.1}}) == places{3}));
    BOOST_TEST((left_out({{0}, {0}, {0}, {0}}).empty()));
}

BOOST_AUTO_TEST_CASE(whoever_takes_more_steps_may_go_farther) {
    BOOST_TEST((left_out({{2}, {2}, {2}, {500, 1, 1}}) == places{3}));
    BOOST_TEST((left_out({{2}, {2}, {2}, {500, 1, 20}}).empty()));
}

BOOST_AUTO_TEST_CASE(two_are_never_judged) {
    BOOST_TEST((left_out({{3000}}).empty()));
    BOOST_TEST((left_out({{1}, {3000}}).empty()));
}

BOOST_AUTO_TEST_CASE(a_model_without_weights_has_a_bound_too) {
    const weights nothing(parameters, 0.0F);
    const std::vector<sender> all{{1}, {2}, {1.5}, {900}};
    BOOST_TEST((mean_of(nothing, all, in_order(4)).left_out == places{3}));
}

// The most of them always counts, however they lie.
BOOST_AUTO_TEST_CASE(at_least_half_counts) {
    std::mt19937 random(7);
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<sender> all(3 + random() % 9);
        for (auto& one : all) {
            one.norm = std::ldexp(1.0, static_cast<int>(random() % 13)) - 1;
        }
        BOOST_TEST(2 * left_out(all, 2).size() <= all.size());
    }
}

BOOST_AUTO_TEST_CASE(neither_order_nor_what_was_left_out_changes_a_bit) {
    std::mt19937 random(11);
    for (int trial = 0; trial < 100; ++trial) {
        std::vector<sender> all(3 + random() % 8);
        for (auto& one : all) {
            one = {std::ldexp(1.0 + random() % 100 / 100.0, static_cast<int>(random() % 17) - 6),
                   1 + random() % 50, 1};
        }
        auto order = in_order(all.size());
        const auto first = mean_of(model(), all, order);
        std::ranges::shuffle(order, random);
        const auto second = mean_of(model(), all, order);
        BOOST_TEST((first.left_out == second.left_out));
        BOOST_TEST((first.mean == second.mean));
        // The same as the exact mean of those that count, under the same scale.
        exact_mean plain(parameters, 1000, weight_bound(model()));
        for (std::size_t place = 0; place < all.size(); ++place) {
            if (!std::ranges::binary_search(first.left_out, place)) {
                BOOST_REQUIRE(!plain.add(update_of(model(), all[place].norm, place), all[place].samples));
            }
        }
        weights expected(parameters);
        plain.result(expected);
        BOOST_TEST((first.mean == expected));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_update_is_refused_and_leaves_no_trace) {
    const auto base = model();
    bounded_mean mean(base, 1000, 16U);
    auto wrong = base;
    wrong[5] = std::nanf("");
    BOOST_TEST(mean.add(0, wrong, 1).has_value());
    wrong[5] = 1e30F;
    BOOST_TEST(mean.add(0, wrong, 1).has_value());
    BOOST_TEST(mean.add(0, weights(3), 1).has_value());
    BOOST_TEST(mean.updates() == 0U);
    BOOST_TEST(mean.settle().empty());
    weights out(parameters);
    BOOST_CHECK_THROW(mean.result(out), std::logic_error);
    BOOST_CHECK_THROW(bounded_mean(base, 1, 3U), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
