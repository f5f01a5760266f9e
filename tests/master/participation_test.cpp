#include <boost/test/unit_test.hpp>

#include "master/participation.hpp"

using namespace fedasio;
using namespace fedasio::master;

BOOST_AUTO_TEST_SUITE(participations)

BOOST_AUTO_TEST_CASE(each_round_counts_once_for_who_was_in_it) {
    participation who;
    BOOST_TEST(who.rounds_of("north") == 0U);
    who.count({"north", "south"});
    who.count({"north"});
    BOOST_TEST(who.rounds_of("north") == 2U);
    BOOST_TEST(who.rounds_of("south") == 1U);
    BOOST_TEST(who.rounds_of("east") == 0U);
}

BOOST_AUTO_TEST_CASE(the_rounds_of_an_earlier_process_tell_which_owners_took_part) {
    owners known;
    known.take_up({{"north", 0}, {"south", 1}, {"west", 4}});
    std::vector<round_result> rounds(2);
    rounds[0].cohort = {0, 1, 4};
    rounds[0].dropped = {{1, "timed_out"}};
    rounds[1].cohort = {0, 1, 3}; // nobody owns the last one any more
    participation who;
    who.count({"east"});
    who.recall(rounds, known);
    BOOST_TEST(who.rounds_of("north") == 2U);
    BOOST_TEST(who.rounds_of("south") == 1U);
    BOOST_TEST(who.rounds_of("west") == 1U);
    BOOST_TEST(who.rounds_of("east") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
