#include <fedasio/master/pace.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using fedasio::master::pace;

BOOST_AUTO_TEST_SUITE(pace_of_workers)

BOOST_AUTO_TEST_CASE(whoever_is_late_is_asked_less_and_less) {
    pace known;
    BOOST_TEST(!known.rests("north", 1));
    std::uint32_t round = 1;
    for (const auto doubled : {2U, 4U, 8U, 16U, 32U, 64U, 64U, 64U}) {
        known.was_late("north", round);
        known.was_late("north", round); // in its evaluation as well
        BOOST_TEST(known.asked_again("north") == round + doubled);
        BOOST_TEST(known.rests("north", round + 1));
        BOOST_TEST(known.rests("north", round + doubled - 1));
        round += doubled;
        BOOST_TEST(!known.rests("north", round));
    }
    BOOST_TEST(known.late_in_a_row("north") == 8U);
    BOOST_TEST(!known.rests("south", 2));
    BOOST_TEST(known.late_in_a_row("south") == 0U);
}

BOOST_AUTO_TEST_CASE(one_round_in_time_and_all_is_forgiven) {
    pace known;
    known.was_late("north", 1);
    known.was_late("north", 3);
    known.was_in_time("north");
    BOOST_TEST(!known.rests("north", 4));
    known.was_late("north", 8);
    BOOST_TEST(known.asked_again("north") == 10U);
    known.clear();
    BOOST_TEST(!known.rests("north", 9));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
