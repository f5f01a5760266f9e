#include <fedasio/method/cohort.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
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

} // namespace

BOOST_AUTO_TEST_SUITE(cohorts)

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

BOOST_AUTO_TEST_SUITE_END()
