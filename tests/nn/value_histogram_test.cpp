#include <fedasio/nn/value_histogram.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using fedasio::nn::least_squares;
using fedasio::nn::value_histogram;

std::uint32_t place_of(double output, double target) {
    value_histogram one;
    one.count(output, target);
    const auto cells = one.occupied();
    BOOST_REQUIRE(cells.size() == 1U);
    BOOST_TEST(cells[0].count == 1U);
    return cells[0].place;
}

} // namespace

BOOST_AUTO_TEST_SUITE(value_histograms)

BOOST_AUTO_TEST_CASE(a_bin_holds_its_lower_edge_and_the_ends_are_open) {
    BOOST_TEST(place_of(-3, -3) == 0U);
    BOOST_TEST(place_of(-2.75, -3) == 1U);
    BOOST_TEST(place_of(-3, -2.75) == 24U);
    const double before = std::nextafter(-2.75, -3);
    BOOST_TEST(place_of(before, before) == 0U);
    BOOST_TEST(place_of(0, 0) == 12U * 24 + 12);
    BOOST_TEST(place_of(-1e-9, 0) == 12U * 24 + 11);
    BOOST_TEST(place_of(2.75, 2.7499) == 22U * 24 + 23);
    BOOST_TEST(place_of(3, 3) == 575U);
    constexpr double far = std::numeric_limits<double>::max();
    constexpr double endless = std::numeric_limits<double>::infinity();
    BOOST_TEST(place_of(far, -far) == 23U);
    BOOST_TEST(place_of(-endless, endless) == 23U * 24);
    BOOST_TEST(place_of(std::numeric_limits<double>::quiet_NaN(), 0) == 12U * 24);
}

BOOST_AUTO_TEST_CASE(counts_add_up_whoever_counted) {
    value_histogram one;
    one.count(0.1, 0.1);
    one.count(-1, 2);
    value_histogram other;
    other.count(0.2, 0.2);
    value_histogram both;
    both.add(other);
    both.add(one.occupied());
    value_histogram turned = one;
    turned.add(other.occupied());
    BOOST_TEST((both.occupied() == turned.occupied()));
    const std::vector<value_histogram::cell> expected{{12 * 24 + 12, 2}, {20 * 24 + 8, 1}};
    BOOST_TEST((both.occupied() == expected));
    BOOST_TEST(value_histogram().occupied().empty());
}

BOOST_AUTO_TEST_CASE(bins_that_lie_apart_hold_errors) {
    value_histogram near;
    near.count(0.24, 0);
    near.count(0, 0.49);
    BOOST_TEST(least_squares(near.occupied()) == 0.0);
    value_histogram apart;
    apart.count(0.5, 0.24); // at least a bin between them
    apart.count(0.5, 0.24);
    apart.count(-1, 1);
    BOOST_TEST(least_squares(apart.occupied()) == 2 * 0.0625 + 1.75 * 1.75);
    value_histogram ends; // which are open
    ends.count(99, -99);
    BOOST_TEST(least_squares(ends.occupied()) == 5.5 * 5.5);
}

BOOST_AUTO_TEST_SUITE_END()
