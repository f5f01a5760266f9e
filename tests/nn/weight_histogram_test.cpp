#include <fedasio/nn/weight_histogram.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace {

namespace nn = fedasio::nn;
using nn::count_weights;
using nn::weight_histogram;

constexpr float infinity = std::numeric_limits<float>::infinity();

std::uint64_t in_bins(const weight_histogram& of) {
    return std::accumulate(of.bins.begin(), of.bins.end(), std::uint64_t{0});
}

/// From -1 to 1 in equal steps.
std::vector<float> ramp(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = -1.0F + 2.0F * static_cast<float>(i) / static_cast<float>(count - 1);
    }
    return values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(weight_histograms)

BOOST_AUTO_TEST_CASE(equal_steps_fill_all_bins_alike) {
    const auto made = count_weights(ramp(60001));
    BOOST_TEST(made.values == 60001U);
    BOOST_TEST(made.bins.size() == weight_histogram::most_bins);
    BOOST_TEST(made.minimum == -1);
    BOOST_TEST(made.maximum == 1);
    BOOST_TEST(made.low == -1);
    BOOST_TEST(std::abs(made.mean) < 1e-6);
    BOOST_TEST(std::abs(made.deviation - 1 / std::sqrt(3.0)) < 1e-4);
    BOOST_TEST(made.zeros == 1U);
    BOOST_TEST(made.below + made.above == 0U);
    for (const auto bin : made.bins) {
        BOOST_TEST((bin >= 995 && bin <= 1005), bin);
    }
    BOOST_TEST(in_bins(made) == 60001U);
}

BOOST_AUTO_TEST_CASE(what_lies_far_out_is_counted_and_presses_nobody_together) {
    auto values = ramp(1000);
    values.push_back(1e6F);
    values.push_back(-1e30F);
    const auto made = count_weights(values);
    BOOST_TEST(made.maximum == 1e6F);
    BOOST_TEST(made.minimum == -1e30F);
    BOOST_TEST(made.below == 1U);
    BOOST_TEST(made.above == 1U);
    BOOST_TEST(in_bins(made) == 1000U);
    BOOST_TEST(made.low > -10);
    BOOST_TEST(made.low + made.width * static_cast<double>(made.bins.size()) < 10);
}

BOOST_AUTO_TEST_CASE(of_mostly_zeros_the_others_say_how_far_bins_reach) {
    std::vector<float> values(10'000);
    for (std::size_t i = 0; i < 100; ++i) {
        values[i] = ramp(100)[i];
    }
    const auto made = count_weights(values);
    BOOST_TEST(made.zeros == 9900U);
    BOOST_TEST(made.below + made.above == 0U);
    BOOST_TEST(made.low == -1);
    BOOST_TEST(in_bins(made) == 10'000U);
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_in_no_bin_and_in_no_mean) {
    const auto made = count_weights(std::vector<float>{1, infinity, 3, -infinity, std::nanf("")});
    BOOST_TEST(made.values == 5U);
    BOOST_TEST(made.not_finite == 3U);
    BOOST_TEST(made.mean == 2);
    BOOST_TEST(made.deviation == 1);
    BOOST_TEST(in_bins(made) + made.below + made.above == 2U);
    BOOST_TEST(made.maximum == 3);
    const auto none = count_weights(std::vector<float>(3, infinity));
    BOOST_TEST(none.not_finite == 3U);
    BOOST_TEST(none.bins.empty());
    for (const double value : {none.minimum, none.maximum, none.mean, none.deviation, none.low, none.width}) {
        BOOST_TEST(std::isnan(value)); // 0 would be a number that was found
    }
    BOOST_TEST(count_weights({}).bins.empty());
}

BOOST_AUTO_TEST_CASE(one_value_has_one_bin) {
    for (const float value : {0.0F, 0.5F, -3e38F, std::numeric_limits<float>::max(), 1e-45F}) {
        const auto made = count_weights(std::vector<float>(7, value));
        BOOST_TEST(made.width == 0);
        BOOST_TEST(made.low == value);
        BOOST_TEST(made.bins == std::vector<std::uint64_t>{7});
        BOOST_TEST(made.deviation == 0);
        BOOST_TEST(made.below + made.above == 0U);
    }
}

BOOST_AUTO_TEST_CASE(the_largest_floats_have_bins) {
    const auto most = std::numeric_limits<float>::max();
    const auto made = count_weights(std::vector<float>{-most, -most, most, most});
    BOOST_TEST(made.bins.front() == 2U);
    BOOST_TEST(made.bins.back() == 2U);
    BOOST_TEST(std::isfinite(made.width));
}

BOOST_AUTO_TEST_SUITE_END()
