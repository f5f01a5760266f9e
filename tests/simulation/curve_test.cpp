#include <fedasio/simulation/curve.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <initializer_list>
#include <limits>
#include <string>

using namespace fedasio::simulation;
using fedasio::test::scratch_directory;

namespace {

std::vector<curve_point> accuracies(std::initializer_list<double> values) {
    std::vector<curve_point> curve;
    for (const double value : values) {
        curve_point point;
        point.round = static_cast<std::uint32_t>(curve.size() + 1);
        point.test_accuracy = value;
        curve.push_back(point);
    }
    return curve;
}

} // namespace

BOOST_AUTO_TEST_SUITE(curve)

BOOST_AUTO_TEST_CASE(a_crossing_is_interpolated_between_rounds) {
    BOOST_TEST(rounds_to_target(accuracies({0.5, 0.75, 1.0}), 0.875).value() == 2.5);
    BOOST_TEST(rounds_to_target(accuracies({0.5, 0.75, 1.0}), 0.75).value() == 2.0);
}

BOOST_AUTO_TEST_CASE(a_round_that_is_worse_counts_as_the_best_before_it) {
    BOOST_TEST(rounds_to_target(accuracies({0.5, 0.75, 0.25, 1.0}), 0.875).value() == 3.5);
}

BOOST_AUTO_TEST_CASE(only_the_first_crossing_counts) {
    BOOST_TEST(rounds_to_target(accuracies({0.5, 1.0, 0.5, 1.0}), 0.75).value() == 1.5);
}

BOOST_AUTO_TEST_CASE(before_the_first_round_there_is_no_curve) {
    BOOST_TEST(rounds_to_target(accuracies({0.9}), 0.5).value() == 1.0);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_reached_has_no_rounds) {
    BOOST_TEST(!rounds_to_target(accuracies({0.5, 0.6}), 0.7));
    BOOST_TEST(!rounds_to_target({}, 0.7));
    BOOST_TEST(!rounds_to_target(std::vector<curve_point>(3), 0.7));
}

BOOST_AUTO_TEST_CASE(a_curve_comes_back_from_its_file) {
    const scratch_directory dir;
    const curve_point first{1, 0.1, 0.2, 1.0 / 3.0, 0.4, 0.5, 6, -0.5, 1.5, 1.25, 0.875};
    const curve_point second{2, {}, {}, {}, {}, 1e-9, 0, {}, {}, {}, {}};
    dir.write("c.csv", curve_header() + curve_line(first) + curve_line(second));
    const auto back = read_curve(dir / "c.csv");
    BOOST_REQUIRE(back.size() == 2U);
    BOOST_TEST((back[0] == first));
    BOOST_TEST((back[1] == second));
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_no_number_is_left_out) {
    curve_point diverged;
    diverged.round = 1;
    diverged.train_loss = std::numeric_limits<double>::quiet_NaN();
    diverged.test_loss = std::numeric_limits<double>::infinity();
    BOOST_TEST(curve_line(diverged) == "1,,,,,0,0,,,,\n");
}

BOOST_AUTO_TEST_CASE(a_file_counts_up_to_its_first_damaged_line) {
    const scratch_directory dir;
    const std::string good = curve_header() + "1,,,,0.5,1,0,,,,\n";
    const auto rounds_in = [&](const std::string& text) {
        return read_curve(dir.write("c.csv", text)).size();
    };
    BOOST_TEST(rounds_in(good + "2,,,,0.5,1,0,,,,\n") == 2U);
    for (const std::string cut :
         {"2,,,,0.5,1,0,,,,", "2,,,,0.5\n", "2,,,,0.5,1,0,,,,,0\n", "2,,,,x,1,0,,,,\n", "3,,,,0.5,1,0,,,,\n",
          "2,,,,0.5,,0,,,,\n", "2,,,,0.5,1,0,,,,,\n", "2,,,,0.5,1,0\n", "\n"}) {
        BOOST_TEST(rounds_in(good + cut) == 1U, cut);
    }
    BOOST_TEST(rounds_in("another file\n1,,,,0.5,1,0\n") == 0U);
    BOOST_TEST(read_curve(dir / "missing.csv").empty());
}

BOOST_AUTO_TEST_SUITE_END()
