// Values by hand.

#include <fedasio/nn/schedule.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

using namespace fedasio::nn;
using kind = schedule::kind;

namespace {

constexpr std::uint32_t last_round = std::numeric_limits<std::uint32_t>::max();

void check_refused(const schedule& asked, std::uint32_t round, const std::string& what) {
    BOOST_CHECK_EXCEPTION((void)factor(asked, round), std::invalid_argument,
                          [&](const std::invalid_argument& error) {
                              return std::string(error.what()).find(what) != std::string::npos;
                          });
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedules)

BOOST_AUTO_TEST_CASE(that_are_constant_by_default) {
    for (const std::uint32_t round : {1U, 2U, 1000U, last_round}) {
        BOOST_TEST(factor({}, round) == 1.0);
    }
}

BOOST_AUTO_TEST_CASE(in_steps) {
    const schedule halves{.type = kind::step, .factor = 0.5, .every = 3};
    for (const auto& [round, expected] :
         {std::pair{1U, 1.0}, {3U, 1.0}, {4U, 0.5}, {6U, 0.5}, {7U, 0.25}, {10U, 0.125}, {31U, 1.0 / 1024}}) {
        BOOST_TEST(factor(halves, round) == expected, "round " << round);
    }
    BOOST_TEST(factor({.type = kind::step, .factor = 0.5, .every = last_round}, last_round) == 1.0);
}

BOOST_AUTO_TEST_CASE(that_fall_exponentially) {
    const schedule it{.type = kind::exponential, .factor = 0.9};
    const auto near = boost::test_tools::tolerance(1e-12);
    BOOST_TEST(factor(it, 1) == 1.0);
    BOOST_TEST(factor(it, 2) == 0.9);
    BOOST_TEST(factor(it, 3) == 0.81, near);
    BOOST_TEST(factor(it, 5) == 0.6561, near);
    BOOST_TEST(factor(it, 8) == 0.4782969, near);
    BOOST_TEST(factor(it, 11) == 0.3486784401, near);
    BOOST_TEST(factor(it, last_round) == 0.0); // below the smallest number, and no trap
    BOOST_TEST(factor({.type = kind::exponential, .factor = 1.0}, last_round) == 1.0);
}

BOOST_AUTO_TEST_CASE(that_follow_a_cosine) {
    const schedule it{.type = kind::cosine, .rounds = 6, .minimum = 0.2};
    const auto near = boost::test_tools::tolerance(1e-12);
    BOOST_TEST(factor(it, 1) == 1.0);
    BOOST_TEST(factor(it, 2) == 0.6 + 0.4 * std::sqrt(3.0) / 2, near); // cos 30 degrees
    BOOST_TEST(factor(it, 3) == 0.8, near);                            // cos 60
    BOOST_TEST(factor(it, 4) == 0.6, near);                            // cos 90
    BOOST_TEST(factor(it, 5) == 0.4, near);                            // cos 120
    for (const std::uint32_t round : {7U, 8U, 1000U, last_round}) {
        BOOST_TEST(factor(it, round) == 0.2);
    }
    BOOST_TEST(factor({.type = kind::cosine, .rounds = 6}, 7) == 0.0);
    BOOST_TEST(factor({.type = kind::cosine}, 1) == 1.0);
    BOOST_TEST(factor({.type = kind::cosine, .rounds = 2, .minimum = 1.0}, 2) == 1.0);
}

BOOST_AUTO_TEST_CASE(out_of_range_are_refused) {
    check_refused({}, 0, "round 0");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double wrong : {0.0, -0.5, 1.5, nan}) {
        check_refused({.type = kind::step, .factor = wrong}, 1, "factor");
        check_refused({.type = kind::exponential, .factor = wrong}, 1, "factor");
    }
    for (const double wrong : {-0.5, 1.5, nan}) {
        check_refused({.type = kind::cosine, .minimum = wrong}, 1, "minimum");
    }
    check_refused({.type = kind::step, .factor = 0.5, .every = 0}, 1, "every");
    check_refused({.type = kind::cosine, .rounds = 0}, 1, "rounds");
    // What a kind does not use is not looked at.
    BOOST_TEST(factor({.factor = 0.0, .every = 0, .rounds = 0, .minimum = nan}, 1) == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
