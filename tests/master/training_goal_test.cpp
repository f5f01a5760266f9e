#include <fedasio/master/early_stop.hpp>
#include <fedasio/master/training_goal.hpp>

#include <boost/test/unit_test.hpp>

#include "master/metric.hpp"
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace fedasio;
using master::early_stop;
using master::round_result;
using master::training_outcome;

std::vector<round_result> with_losses(const std::vector<std::optional<double>>& losses) {
    std::vector<round_result> rounds;
    for (const auto& loss : losses) {
        round_result round;
        round.round = static_cast<std::uint32_t>(rounds.size() + 1);
        round.test_loss = loss;
        rounds.push_back(round);
    }
    return rounds;
}

/// After how many of them it was reached; 0: never.
std::size_t stops_after(early_stop rule, const std::vector<round_result>& rounds) {
    for (std::size_t i = 0; i < rounds.size(); ++i) {
        rule.take(rounds[i]);
        if (rule.is_reached()) {
            return i + 1;
        }
    }
    return 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(training_goal)

BOOST_AUTO_TEST_CASE(patience_counts_the_rounds_since_the_best) {
    const auto rounds = with_losses({5, 4, 4.5, 3, 3, 3.5, 9, 1});
    BOOST_TEST(stops_after({"test_loss", false, 1, 0}, rounds) == 3U);
    BOOST_TEST(stops_after({"test_loss", false, 2, 0}, rounds) == 6U);
    BOOST_TEST(stops_after({"test_loss", false, 3, 0}, rounds) == 7U);
    BOOST_TEST(stops_after({"test_loss", false, 4, 0}, rounds) == 0U);
    // What there is none of in these rounds ends nothing.
    BOOST_TEST(stops_after({"test_auc", true, 1, 0}, rounds) == 0U);
}

BOOST_AUTO_TEST_CASE(small_steps_are_measured_from_the_best_that_counted) {
    // Each is better than the one before by a quarter; only all together they are better by more than a half.
    const auto rounds = with_losses({5, 4.75, 4.5, 4.25, 4, 3.75, 3.5});
    BOOST_TEST(stops_after({"test_loss", false, 2, 0.5}, rounds) == 3U);
    BOOST_TEST(stops_after({"test_loss", false, 3, 0.5}, rounds) == 0U);
    BOOST_TEST(stops_after({"test_loss", false, 1, 0.25}, rounds) == 2U); // by more than it, not by as much
}

BOOST_AUTO_TEST_CASE(of_accuracies_the_higher_is_the_better) {
    auto rounds = with_losses({});
    for (const double value : {0.25, 0.5, 0.75, 0.5, 0.5}) {
        round_result round;
        round.round = static_cast<std::uint32_t>(rounds.size() + 1);
        round.test_accuracy = round.test_r2 = round.test_auc_median = value;
        round.test_rmse_median = round.test_mae = -value;
        rounds.push_back(round);
    }
    for (const auto* const name :
         {"test_accuracy", "test_r2", "test_auc_median", "test_rmse_median", "test_mae"}) {
        const bool higher = plan::is_better_when_higher(name);
        BOOST_TEST(stops_after({name, higher, 2, 0}, rounds) == 5U, name);
        BOOST_TEST(stops_after({name, higher, 3, 0}, rounds) == 0U, name);
    }
}

BOOST_AUTO_TEST_CASE(a_round_without_a_value_counts_for_nothing) {
    const auto nothing = std::optional<double>();
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    auto rounds = with_losses({5, 6, nothing, nan, 6, 6});
    BOOST_TEST(stops_after({"test_loss", false, 2, 0}, rounds) == 5U);
    rounds[4].test_partial = true;
    BOOST_TEST(stops_after({"test_loss", false, 2, 0}, rounds) == 6U);
    rounds[1].train_loss = rounds[4].train_loss = 1;
    BOOST_TEST(stops_after({"train_loss", false, 1, 0}, rounds) ==
               5U); // the loss of training is whole all the same
}

BOOST_AUTO_TEST_CASE(every_metric_is_found_by_its_name_in_the_report) {
    for (const auto& [name, value] : master::round_metrics) {
        round_result round;
        round.*value = 0.5;
        BOOST_TEST((master::metric_of(round, name) == 0.5), name);
        BOOST_TEST(!master::metric_of({}, name).has_value(), name);
        round.*value = std::numeric_limits<double>::infinity();
        BOOST_TEST(!master::metric_of(round, name).has_value(), name);
    }
    BOOST_TEST(!master::metric_of({}, "round").has_value());
}

BOOST_AUTO_TEST_CASE(a_training_ends_by_its_target_its_rounds_or_early) {
    const master::terms terms{4, 0.75, 30, 1};
    master::training_goal goal(early_stop("test_loss", false, 2, 0.125));
    auto rounds = with_losses({3, 2.9, 3, 1});
    BOOST_TEST(!goal.reached(terms, 0));
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(!goal.reached(terms, rounds[i].round - 1));
        goal.take(rounds[i]);
    }
    const auto early = goal.reached(terms, 3);
    BOOST_TEST_REQUIRE(early.has_value());
    BOOST_TEST((early->outcome == training_outcome::stopped_early));
    BOOST_TEST(early->detail ==
               "stopped early after round 3: test_loss has not become better by more than 0.125 "
               "for 2 rounds; the best was 3 in round 1");
    BOOST_TEST((goal.reached({3, 0.75, 30, 1}, 3)->outcome == training_outcome::rounds_done));
    rounds[3].test_accuracy = 0.75;
    goal.take(rounds[3]);
    BOOST_TEST((goal.reached(terms, 4)->outcome == training_outcome::target_reached));
    BOOST_TEST((goal.reached({4, {}, 30, 1}, 4)->outcome == training_outcome::rounds_done));
    BOOST_TEST(!goal.reached({5, 0.875, 30, 1}, 4));
    // A test of some of the clients decides nothing.
    rounds[3].test_partial = true;
    goal.take(rounds[3]);
    BOOST_TEST(!goal.reached({5, 0.75, 30, 1}, 4));
}

BOOST_AUTO_TEST_CASE(a_resumed_training_decides_as_one_that_was_never_interrupted) {
    const auto rounds = with_losses({5, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2});
    const master::terms terms{100, {}, 30, 1};
    for (const std::uint32_t after : {0U, 3U, 7U}) {
        for (std::size_t killed = after; killed <= rounds.size(); ++killed) {
            const auto whole = [&](std::size_t count) {
                master::training_goal goal(early_stop("test_loss", false, 3, 0));
                goal.recall(std::vector(rounds.begin(), rounds.begin() + static_cast<std::ptrdiff_t>(count)),
                            after);
                return goal;
            };
            auto uninterrupted = whole(after);
            auto resumed = whole(killed);
            for (std::size_t i = after; i < rounds.size(); ++i) {
                uninterrupted.take(rounds[i]);
                if (i < killed) {
                    continue;
                }
                resumed.take(rounds[i]);
                BOOST_TEST(resumed.reached(terms, rounds[i].round).has_value() ==
                           uninterrupted.reached(terms, rounds[i].round).has_value());
            }
            BOOST_TEST(uninterrupted.reached(terms, 12).has_value());
        }
    }
    // What a person asks for begins anew.
    master::training_goal goal(early_stop("test_loss", false, 3, 0));
    goal.recall(rounds, 0);
    BOOST_TEST(goal.reached(terms, 12).has_value());
    goal.begin();
    BOOST_TEST(!goal.reached(terms, 12).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
