#include <fedasio/master/test_tally.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using fedasio::master::round_result;
using fedasio::master::test_tally;

round_result tested(std::uint64_t samples, const std::string& problem = {}) {
    round_result result;
    result.test_samples = samples;
    result.test_problem = problem;
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_tallies)

BOOST_AUTO_TEST_CASE(tells_why_no_test_worked) {
    test_tally tally;
    BOOST_TEST(tally.problem().empty()); // there was none
    tally.take(tested(0));
    BOOST_TEST(tally.problem().empty()); // nor is there one of a round that asks for none
    tally.take(tested(0, "it died"));
    BOOST_TEST(tally.problem() == "its only test failed: it died");
    tally.take(tested(0, "it hung"));
    BOOST_TEST(tally.problem() == "not one of its 2 tests worked, the last because it hung");
}

BOOST_AUTO_TEST_CASE(one_that_worked_is_enough) {
    test_tally tally;
    tally.take(tested(0, "it died"));
    tally.take(tested(29));
    BOOST_TEST(tally.problem().empty());
    tally.take(tested(0, "it died"));
    BOOST_TEST(tally.problem().empty());
}

BOOST_AUTO_TEST_CASE(one_that_was_stopped_says_nothing_of_who_tests) {
    test_tally tally;
    tally.take(tested(0, std::string(fedasio::master::stopped_test)));
    BOOST_TEST(tally.problem().empty());
    tally.take(tested(0, "it died"));
    tally.take(tested(0, std::string(fedasio::master::stopped_test)));
    BOOST_TEST(tally.problem() == "its only test failed: it died");
}

BOOST_AUTO_TEST_CASE(those_of_earlier_processes_count) {
    test_tally tally;
    tally.take(tested(0, "it died"));
    tally.recall(std::vector{tested(29), tested(0, "it hung")});
    BOOST_TEST(tally.problem().empty());
    tally.recall(std::vector{tested(0, "it hung")});
    tally.take(tested(0, "it died"));
    BOOST_TEST(tally.problem() == "not one of its 2 tests worked, the last because it died");
}

BOOST_AUTO_TEST_SUITE_END()
