#include <fedasio/master/phase_clock.hpp>

#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <utility>
#include <vector>

namespace {

using namespace fedasio;
using master::phase;

struct scene {
    net::testing::virtual_runtime world;
    master::event_source events{world.time()};
    std::vector<master::phase_entered> entered;
    master::phase_clock clock{world.time(), events};

    scene() {
        events.subscribe([this](const master::event& happened) {
            entered.push_back(std::get<master::phase_entered>(happened.what));
        });
    }

    void pass(int seconds) { world.run_for(std::chrono::seconds(seconds)); }
};

double of(const master::phase_seconds& all, phase which) {
    return all[static_cast<std::size_t>(which)];
}

} // namespace

BOOST_AUTO_TEST_SUITE(phase_clock)

BOOST_AUTO_TEST_CASE(seconds_are_counted_by_phase_and_handed_over_once) {
    scene in;
    BOOST_TEST((in.clock.now() == phase::waiting));
    in.pass(2);
    in.clock.enter(phase::training, 1);
    in.pass(3);
    in.clock.enter(phase::evaluating, 1);
    in.pass(5);
    in.clock.enter(phase::training, 2);
    in.pass(7);
    const auto first = in.clock.take_seconds();
    BOOST_TEST(of(first, phase::waiting) == 2);
    BOOST_TEST(of(first, phase::training) == 10);
    BOOST_TEST(of(first, phase::evaluating) == 5);
    in.pass(1);
    const auto second = in.clock.take_seconds();
    BOOST_TEST(of(second, phase::training) == 1);
    BOOST_TEST(of(second, phase::waiting) + of(second, phase::evaluating) == 0);
}

BOOST_AUTO_TEST_CASE(a_phase_is_told_when_it_is_another_and_waiting_always) {
    scene in;
    for (const auto next :
         {phase::waiting, phase::training, phase::training, phase::waiting, phase::waiting}) {
        in.clock.enter(next, 7);
    }
    BOOST_TEST_REQUIRE(in.entered.size() == 4U);
    BOOST_TEST((in.entered[1].now == phase::training));
    BOOST_TEST(in.entered[1].round == 7U);
    BOOST_TEST((in.entered[3].now == phase::waiting));
}

BOOST_AUTO_TEST_SUITE_END()
