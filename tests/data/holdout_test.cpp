#include <fedasio/data/holdout.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

using namespace fedasio::data;
using indices = std::vector<std::uint32_t>;

namespace {

indices numbered(std::size_t count, std::uint32_t from = 0) {
    indices list(count);
    std::iota(list.begin(), list.end(), from);
    return list;
}

std::size_t held(std::size_t count, double fraction) {
    return split_holdout(numbered(count), fraction, 1, 0).held_out.size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(holdout_of_samples)

BOOST_AUTO_TEST_CASE(every_sample_is_on_one_side_in_the_given_order) {
    const indices mine = numbered(100, 500);
    const holdout split = split_holdout(mine, 0.2, 7, 3);
    BOOST_TEST(split.train.size() == 80U);
    BOOST_TEST(split.held_out.size() == 20U);
    BOOST_TEST(std::ranges::is_sorted(split.train));
    BOOST_TEST(std::ranges::is_sorted(split.held_out));
    indices both;
    std::ranges::merge(split.train, split.held_out, std::back_inserter(both));
    BOOST_TEST(both == mine, boost::test_tools::per_element());

    indices backwards(mine.rbegin(), mine.rend());
    BOOST_TEST(std::ranges::is_sorted(split_holdout(backwards, 0.2, 7, 3).train, std::ranges::greater{}));
}

BOOST_AUTO_TEST_CASE(the_choice_depends_on_seed_and_client_alone) {
    const indices mine = numbered(100);
    const indices chosen = split_holdout(mine, 0.2, 7, 3).held_out;
    BOOST_CHECK(chosen == split_holdout(mine, 0.2, 7, 3).held_out);
    BOOST_CHECK(chosen != split_holdout(mine, 0.2, 8, 3).held_out);
    BOOST_CHECK(chosen != split_holdout(mine, 0.2, 7, 4).held_out);
    BOOST_CHECK(chosen != numbered(20));
    BOOST_CHECK(chosen != numbered(20, 80));
}

BOOST_AUTO_TEST_CASE(counts_round_and_leave_one_to_train) {
    BOOST_TEST(held(10, 0.0) == 0U);
    BOOST_TEST(held(10, 0.14) == 1U);
    BOOST_TEST(held(10, 0.16) == 2U);
    BOOST_TEST(held(2, 0.1) == 0U);
    BOOST_TEST(held(1, 0.9) == 0U);
    BOOST_TEST(held(2, 0.9) == 1U);
    BOOST_TEST(held(10, 0.999) == 9U);
    BOOST_TEST(held(0, 0.5) == 0U);
}

BOOST_AUTO_TEST_CASE(fractions_outside_are_refused) {
    for (const double fraction : {-0.1, 1.0, 2.0, std::nan("")}) {
        BOOST_CHECK_THROW(split_holdout(numbered(3), fraction, 1, 0), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(most_that_may_be_held_out_is_the_share_rounded_up) {
    using fedasio::data::most_held_out;
    for (std::size_t count = 1; count < 200; ++count) {
        BOOST_TEST(held(count, 0.2) <= most_held_out(count, 0.2));
        BOOST_TEST(most_held_out(count, 0.2) <= held(count, 0.2) + 1);
    }
    BOOST_TEST(most_held_out(61, 0.2) == 13U);
    BOOST_TEST(most_held_out(2, 0.9) == 1U);
    BOOST_TEST(most_held_out(1, 0.9) == 0U);
    BOOST_TEST(most_held_out(0, 0.5) == 0U);
    BOOST_TEST(most_held_out(10, 0) == 0U);
    BOOST_TEST(most_held_out(std::uint64_t{1} << 33U, 0.5) == std::uint64_t{1} << 32U);
}

BOOST_AUTO_TEST_SUITE_END()
