#include <fedasio/master/stranger_log.hpp>

#include <boost/test/unit_test.hpp>

#include "net/virtual_runtime.hpp"
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using fedasio::master::stranger_log;

struct door {
    void knock(int times) {
        for (int i = 0; i < times; ++i) {
            log.add("turned away " + std::to_string(++knocks));
        }
    }

    fedasio::net::testing::virtual_runtime world;
    std::vector<std::string> told;
    stranger_log log{world.get(), [this](const std::string& text) { told.push_back(text); }};
    int knocks = 0;
};

BOOST_FIXTURE_TEST_SUITE(strangers, door)

BOOST_AUTO_TEST_CASE(few_are_told_each) {
    knock(20);
    BOOST_TEST_REQUIRE(told.size() == 20U);
    BOOST_TEST(told.back() == "turned away 20");
    world.run_for(10s);
    knock(1);
    BOOST_TEST(told.back() == "turned away 21");
}

BOOST_AUTO_TEST_CASE(of_many_the_number_is_told) {
    knock(1000);
    BOOST_TEST(told.size() == 20U);
    world.run_for(10s);
    BOOST_TEST_REQUIRE(told.size() == 21U);
    BOOST_TEST(told.back() == "980 more in the last 10 seconds; turned away 1000");
    world.run_for(60s);
    BOOST_TEST(told.size() == 21U);
}

BOOST_AUTO_TEST_CASE(at_the_end_the_number_is_told_without_waiting) {
    knock(1000);
    log.end();
    BOOST_TEST_REQUIRE(told.size() == 21U);
    BOOST_TEST(told.back() == "980 more in the last 10 seconds; turned away 1000");
    knock(1000);
    world.run_for(60s);
    BOOST_TEST(told.size() == 21U);
}

BOOST_AUTO_TEST_CASE(a_flood_that_goes_on_is_told_of_every_ten_seconds) {
    for (int second = 0; second < 100; ++second) {
        knock(100);
        world.run_for(1s);
    }
    world.run_for(10s);
    BOOST_TEST(told.size() < 50U);
    BOOST_TEST(told.size() >= 29U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
