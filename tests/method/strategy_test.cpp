#include <fedasio/method/strategy.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>

using namespace fedasio::method;

namespace {

std::vector<std::uint32_t> everybody(std::uint32_t clients) {
    std::vector<std::uint32_t> all(clients);
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

std::vector<std::uint32_t> cohort(std::uint32_t clients, double fraction, std::uint32_t round,
                                  std::uint64_t seed = 1) {
    return select_cohort(everybody(clients), clients, fraction, seed, round);
}

const strategy_spec momentum{strategy_spec::kind::fedavgm, 0.5, 0.75};

} // namespace

BOOST_AUTO_TEST_SUITE(strategy)

BOOST_AUTO_TEST_CASE(a_cohort_has_the_asked_size) {
    BOOST_TEST(cohort(100, 0.1, 1).size() == 10U);
    BOOST_TEST(cohort(100, 1.0, 1) == everybody(100), boost::test_tools::per_element());
    BOOST_TEST(cohort(10, 0.26, 1).size() == 3U);
    BOOST_TEST(cohort(10, 0.24, 1).size() == 2U);
    BOOST_TEST(cohort(100, 1e-9, 1).size() == 1U);
    BOOST_TEST(select_cohort({}, 10, 1.0, 1, 1).empty());
}

BOOST_AUTO_TEST_CASE(a_cohort_is_ascending_and_distinct) {
    const auto chosen = cohort(1000, 0.5, 3);
    BOOST_TEST(std::ranges::is_sorted(chosen));
    BOOST_TEST(std::set<std::uint32_t>(chosen.begin(), chosen.end()).size() == 500U);
    BOOST_TEST(chosen.back() < 1000U);
}

// Taken once. If this changes, no plan with a fraction reproduces any more.
BOOST_AUTO_TEST_CASE(cohorts_never_change) {
    const std::vector<std::uint32_t> expected{3, 6, 7, 10, 14};
    BOOST_TEST(cohort(20, 0.25, 4, 42) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(round_and_seed_matter) {
    BOOST_TEST(cohort(1000, 0.1, 1) != cohort(1000, 0.1, 2));
    BOOST_TEST(cohort(1000, 0.1, 1, 1) != cohort(1000, 0.1, 1, 2));
    BOOST_TEST(cohort(1000, 0.1, 1) == cohort(1000, 0.1, 1));
}

BOOST_AUTO_TEST_CASE(absent_clients_change_only_their_own_places) {
    const auto all = cohort(50, 0.2, 7);
    auto available = everybody(50);
    const auto stranger = static_cast<std::uint32_t>(
        std::ranges::find_if(available, [&](auto id) { return !std::ranges::binary_search(all, id); }) -
        available.begin());
    std::erase(available, stranger);
    BOOST_TEST(select_cohort(available, 50, 0.2, 1, 7) == all, boost::test_tools::per_element());

    std::erase(available, all[4]);
    const auto without = select_cohort(available, 50, 0.2, 1, 7);
    BOOST_TEST(without.size() == all.size());
    std::vector<std::uint32_t> common;
    std::ranges::set_intersection(all, without, std::back_inserter(common));
    BOOST_TEST(common.size() == all.size() - 1);
}

BOOST_AUTO_TEST_CASE(every_client_gets_its_turn) {
    std::vector<int> turns(20, 0);
    for (std::uint32_t round = 0; round < 2000; ++round) {
        for (const auto client : cohort(20, 0.25, round)) {
            ++turns[client];
        }
    }
    for (const int count : turns) {
        BOOST_TEST(std::abs(count - 500) < 100);
    }
}

BOOST_AUTO_TEST_CASE(wrong_arguments) {
    const std::vector<std::uint32_t> unsorted{2, 1};
    const std::vector<std::uint32_t> twice{1, 1};
    const std::vector<std::uint32_t> too_high{1, 10};
    BOOST_CHECK_THROW((void)select_cohort(unsorted, 10, 1.0, 1, 1), std::invalid_argument);
    BOOST_CHECK_THROW((void)select_cohort(twice, 10, 1.0, 1, 1), std::invalid_argument);
    BOOST_CHECK_THROW((void)select_cohort(too_high, 10, 1.0, 1, 1), std::invalid_argument);
    BOOST_CHECK_THROW((void)select_cohort({}, 10, 0.0, 1, 1), std::invalid_argument);
    BOOST_CHECK_THROW((void)select_cohort({}, 10, 1.1, 1, 1), std::invalid_argument);
    BOOST_CHECK_THROW((void)select_cohort({}, 10, std::nan(""), 1, 1), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(fedavg_takes_the_mean_bit_for_bit) {
    server_optimizer server({}, 3);
    const std::vector<float> current{1, 2, 3};
    const std::vector<float> mean{-0.0F, 1e-45F, 0.1F};
    std::vector<float> next(3);
    server.apply(current, mean, next);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(std::bit_cast<std::uint32_t>(next[i]) == std::bit_cast<std::uint32_t>(mean[i]));
    }
    BOOST_TEST(server.state().empty());
}

BOOST_AUTO_TEST_CASE(fedavgm_follows_its_formula) {
    server_optimizer server(momentum, 1);
    std::vector<float> weights{8.0F};
    const std::vector<float> mean{4.0F};
    server.apply(weights, mean, weights); // v = 4, next = 8 - 0.5 * 4
    BOOST_TEST(weights[0] == 6.0F);
    BOOST_TEST(server.state()[0] == 4.0F);
    server.apply(weights, mean, weights); // v = 0.75 * 4 + 2, next = 6 - 0.5 * 5
    BOOST_TEST(weights[0] == 3.5F);
    BOOST_TEST(server.state()[0] == 5.0F);
}

BOOST_AUTO_TEST_CASE(restored_state_goes_on_as_before) {
    const std::vector<float> current{8.0F, 1.0F};
    const std::vector<float> mean{4.0F, 1.5F};
    std::vector<float> next(2);
    server_optimizer first(momentum, 2);
    first.apply(current, mean, next);
    server_optimizer second(momentum, 2);
    std::ranges::copy(first.state(), second.state().begin());
    std::vector<float> from_first(2);
    std::vector<float> from_second(2);
    first.apply(next, mean, from_first);
    second.apply(next, mean, from_second);
    BOOST_TEST(from_first == from_second, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_can_be_taken_back) {
    server_optimizer server(momentum, 1);
    const std::vector<float> mean{4.0F};
    std::vector<float> next(1);
    server.apply(std::vector{8.0F}, mean, next);
    server.apply(std::vector{6.0F}, mean, next);
    BOOST_TEST(server.state()[0] == 5.0F);
    server.undo();
    BOOST_TEST(server.state()[0] == 4.0F);
    server.apply(std::vector{6.0F}, mean, next);
    BOOST_TEST(next[0] == 3.5F);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_not_finite_is_refused) {
    const float huge = 3e38F;
    std::vector<float> next(2);
    server_optimizer server(momentum, 2);
    server.apply(std::vector{0.0F, 0.0F}, std::vector{1.0F, -1.0F}, next);
    const std::vector<float> before(server.state().begin(), server.state().end());
    // The velocity is too large for a float, and then the weight is.
    for (const auto& [current, mean] : {std::pair{huge, -huge}, std::pair{-huge, huge}}) {
        BOOST_CHECK_THROW(server.apply(std::vector{0.0F, current}, std::vector{0.0F, mean}, next),
                          std::overflow_error);
        BOOST_TEST(std::vector<float>(server.state().begin(), server.state().end()) == before,
                   boost::test_tools::per_element());
    }
    strategy_spec fast = momentum;
    fast.server_learning_rate = 1e30;
    server_optimizer overshoots(fast, 2);
    BOOST_CHECK_THROW(overshoots.apply(std::vector{0.0F, 0.0F}, std::vector{0.0F, 1e10F}, next),
                      std::overflow_error);
    BOOST_TEST(overshoots.state()[1] == 0.0F);
    server_optimizer plain({}, 2);
    const std::vector<float> undefined{0.0F, std::nanf("")};
    BOOST_CHECK_EXCEPTION(plain.apply(before, undefined, next), std::overflow_error, [](const auto& e) {
        return std::string(e.what()) == "weight 1 of 2 is not a finite number";
    });
}

BOOST_AUTO_TEST_CASE(sizes_must_agree) {
    server_optimizer server({}, 2);
    const std::vector<float> two(2);
    const std::vector<float> three(3);
    std::vector<float> next_two(2);
    std::vector<float> next_three(3);
    BOOST_CHECK_THROW(server.apply(three, two, next_two), std::invalid_argument);
    BOOST_CHECK_THROW(server.apply(two, three, next_two), std::invalid_argument);
    BOOST_CHECK_THROW(server.apply(two, two, next_three), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
