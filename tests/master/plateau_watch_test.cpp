#include <fedasio/master/plateau_watch.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using fedasio::master::plateau_watch;
using fedasio::master::round_result;

round_result result(std::uint32_t round, std::optional<double> accuracy, double train_loss = 1) {
    round_result made;
    made.round = round;
    made.test_accuracy = accuracy;
    made.train_loss = train_loss;
    return made;
}

/// Since which round it is flat, by round; 0: it is not.
std::vector<std::uint32_t> since(const std::vector<round_result>& rounds) {
    plateau_watch watch;
    std::vector<std::uint32_t> all;
    for (const auto& round : rounds) {
        const auto flat = watch.take(round);
        all.push_back(flat ? flat->since : 0);
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plateau)

BOOST_AUTO_TEST_CASE(fifteen_rounds_without_a_better_value_are_one) {
    std::vector<round_result> rounds{result(1, 0.5), result(2, 0.6)};
    for (std::uint32_t round = 3; round <= 17; ++round) {
        rounds.push_back(result(round, 0.6)); // as good is no better
    }
    const auto flat = since(rounds);
    BOOST_TEST(flat[15] == 0U);
    BOOST_TEST(flat[16] == 2U);
}

BOOST_AUTO_TEST_CASE(it_ends_with_a_better_value_and_may_come_again) {
    std::vector<round_result> rounds;
    for (std::uint32_t round = 1; round <= 40; ++round) {
        rounds.push_back(result(round, round < 18 ? 0.5 : 0.6));
    }
    const auto flat = since(rounds);
    BOOST_TEST(flat[16] == 1U);
    BOOST_TEST(flat[17] == 0U);
    BOOST_TEST(flat[31] == 0U);
    BOOST_TEST(flat[32] == 18U);
}

BOOST_AUTO_TEST_CASE(of_a_long_training_it_takes_a_quarter_of_it) {
    std::vector<round_result> rounds;
    for (std::uint32_t round = 1; round <= 400; ++round) {
        rounds.push_back(result(round, round <= 300 ? 0.001 * round : 0.1));
    }
    const auto flat = since(rounds);
    BOOST_TEST(flat[398] == 0U);
    BOOST_TEST(flat[399] == 300U);
}

BOOST_AUTO_TEST_CASE(tests_of_some_clients_decide_nothing) {
    std::vector<round_result> rounds{result(1, 0.5)};
    for (std::uint32_t round = 2; round <= 40; ++round) {
        rounds.push_back(result(round, 0.4));
        rounds.back().test_partial = round > 10;
    }
    BOOST_TEST(since(rounds).back() == 0U);
}

BOOST_AUTO_TEST_CASE(errors_and_losses_fall_and_the_first_that_is_known_counts) {
    plateau_watch watch;
    std::optional<round_result::plateau> flat;
    for (std::uint32_t round = 1; round <= 30; ++round) {
        auto one = result(round, {}, 1.0 / round);
        one.test_rmse = 2.0 + round;
        flat = watch.take(one);
    }
    BOOST_REQUIRE(flat);
    BOOST_TEST(flat->metric == "test_rmse");
    BOOST_TEST(flat->since == 1U);

    plateau_watch untested;
    for (std::uint32_t round = 1; round <= 30; ++round) {
        flat = untested.take(result(round, {}, 1.0 / round));
    }
    BOOST_TEST(!flat.has_value());
    for (std::uint32_t round = 31; round <= 60; ++round) {
        flat = untested.take(result(round, {}, 1));
    }
    BOOST_REQUIRE(flat);
    BOOST_TEST(flat->metric == "train_loss");
    BOOST_TEST(flat->since == 30U);
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_rounds_without_numbers) {
    plateau_watch watch;
    for (std::uint32_t round = 1; round <= 30; ++round) {
        round_result none;
        none.round = round;
        BOOST_TEST(!watch.take(none).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
