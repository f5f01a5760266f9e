#include <fedasio/master/divergence_watch.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <vector>

namespace {

using fedasio::master::divergence_watch;
namespace net = fedasio::net;

constexpr double no_number = std::numeric_limits<double>::infinity();

/// Weights that are told apart by their only value.
net::payload weights(float value) {
    net::buffer bytes(sizeof(float));
    bytes.floats()[0] = value;
    return net::payload(std::move(bytes));
}

float value_of(const divergence_watch& watch) {
    return watch.good_weights().floats()[0];
}

/// A watch after rounds of one client with these losses; the weights of a round are its number.
divergence_watch after(double guessing, const std::vector<double>& losses) {
    divergence_watch watch;
    watch.begin(guessing, 0, weights(0));
    std::uint32_t round = 0;
    for (const auto loss : losses) {
        watch.take(round + 1, {loss}, weights(static_cast<float>(round)));
        ++round;
    }
    return watch;
}

} // namespace

BOOST_AUTO_TEST_SUITE(divergence)

BOOST_AUTO_TEST_CASE(five_rounds_in_a_row_are_one) {
    const auto four = after(2.3, {2, 1, 0.5, 300, 300, 1e9, 1e12});
    BOOST_TEST(four.is_suspicious());
    BOOST_TEST(!four.has_diverged());
    const auto five = after(2.3, {2, 1, 0.5, 300, 300, 1e9, 1e12, no_number});
    BOOST_TEST(five.has_diverged());
    BOOST_TEST(five.good_round() == 2U, "the last weights from which clients trained well");
    BOOST_TEST(value_of(five) == 2.0F);
}

BOOST_AUTO_TEST_CASE(a_spike_is_none) {
    BOOST_TEST(!after(2.3, {2, 1, 1e6, 1e6, 1e6, 1e6, 2, 1e6, 1e6}).has_diverged());
    BOOST_TEST(!after(2.3, {1e6, 1e3, 1e4, 1e5, 1e6, 1e6, 1e7}).has_diverged(),
               "inputs that are not scaled lose much at first");
    BOOST_TEST(!after(0, {1e-9, 1, 90, 90, 90, 90, 90, 90}).has_diverged(), "small losses are no measure");
}

BOOST_AUTO_TEST_CASE(what_gave_no_numbers_from_the_first_round_on_diverges) {
    const auto watch = after(0, std::vector<double>(5, no_number));
    BOOST_TEST(watch.has_diverged());
    BOOST_TEST(value_of(watch) == 0.0F);
}

BOOST_AUTO_TEST_CASE(it_is_the_typical_client_that_counts) {
    divergence_watch watch;
    watch.begin(1, 0, {});
    for (std::uint32_t round = 1; round < 20; ++round) {
        watch.take(round, {no_number, 0.5, 0.4}, weights(1));
    }
    BOOST_TEST(!watch.is_suspicious());
    for (std::uint32_t round = 20; round < 25; ++round) {
        watch.take(round, {1e300, -1e300}, weights(2));
    }
    BOOST_TEST(watch.has_diverged());
    BOOST_TEST(value_of(watch) == 1.0F);
    watch.calm();
    BOOST_TEST(!watch.is_suspicious());
}

BOOST_AUTO_TEST_SUITE_END()
