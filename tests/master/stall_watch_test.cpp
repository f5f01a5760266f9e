#include <fedasio/master/stall_watch.hpp>

#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace fedasio::master;
namespace net = fedasio::net;

/// A master's events, with a deadline of ten seconds.
struct scene {
    net::testing::virtual_runtime world;
    event_source events{world.time()};
    stall_watch watch{world.time(), events};
    std::vector<progress_stalled> told;

    scene() {
        events.subscribe([this](const event& happened) {
            if (const auto* stall = std::get_if<progress_stalled>(&happened.what)) {
                told.push_back(*stall);
            }
        });
        run_opened opened;
        opened.deadline = 10;
        events.publish(opened);
    }

    void pass(int seconds) { world.run_for(std::chrono::seconds(seconds)); }

    void train() { events.publish(training_started{1, 5, {}}); }

    void update() { events.publish(client_updated{}); }

    /// How many stalls began, each of which has ended or not.
    [[nodiscard]] std::size_t begun() const {
        std::size_t count = 0;
        for (const auto& one : told) {
            count += one.since ? 1 : 0;
        }
        return count;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(stalls)

BOOST_AUTO_TEST_CASE(nothing_for_a_deadline_is_told_once) {
    scene all;
    all.train();
    const double began = all.world.time().unix_time();
    all.pass(9);
    BOOST_TEST(all.told.empty());
    all.pass(2);
    BOOST_TEST(all.begun() == 1U);
    BOOST_TEST(all.told[0].since.value() == began);
    BOOST_TEST(all.told[0].deadline == 10.0);
    all.pass(1000);
    BOOST_TEST(all.told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_comes_in_time_is_progress) {
    scene all;
    all.train();
    for (int i = 0; i < 20; ++i) {
        all.pass(9);
        if (i % 2 == 0) {
            all.update();
        } else {
            all.events.publish(round_finished{});
        }
    }
    BOOST_TEST(all.told.empty());
}

BOOST_AUTO_TEST_CASE(it_is_over_with_an_update_and_may_come_again) {
    scene all;
    all.train();
    all.pass(30);
    all.update();
    all.pass(1);
    BOOST_REQUIRE(all.told.size() == 2U);
    BOOST_TEST(!all.told[1].since.has_value());
    all.pass(8);
    BOOST_TEST(all.told.size() == 2U);
    all.pass(2);
    BOOST_TEST(all.begun() == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_is_expected_in_a_pause_nor_after_the_end) {
    scene all;
    all.events.publish(phase_entered{phase::waiting, 0});
    all.pass(100);
    all.train();
    all.events.publish(phase_entered{phase::paused, 1});
    all.pass(100);
    BOOST_TEST(all.told.empty());
    all.events.publish(phase_entered{phase::distributing_weights, 1});
    all.pass(9);
    BOOST_TEST(all.told.empty());
    all.pass(2);
    BOOST_TEST(all.begun() == 1U);
    all.events.publish(training_finished{});
    all.events.publish(phase_entered{phase::failed, 1});
    all.pass(100);
    BOOST_TEST(all.told.size() == 2U);
    BOOST_TEST(!all.told.back().since.has_value());
}

BOOST_AUTO_TEST_CASE(phases_alone_are_no_progress) {
    scene all;
    all.train();
    for (int i = 0; i < 5; ++i) {
        all.pass(3);
        all.events.publish(phase_entered{i % 2 == 0 ? phase::waiting : phase::training, 1});
    }
    BOOST_TEST(all.begun() == 1U);
    BOOST_TEST(all.told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_deadline_in_force_counts_at_once) {
    scene all;
    all.train();
    plan_changed change;
    change.deadline = 4;
    all.events.publish(change);
    all.pass(5);
    BOOST_TEST(all.begun() == 1U);
    change.deadline = 60;
    all.events.publish(change);
    all.update();
    all.pass(50);
    BOOST_TEST(all.begun() == 1U);
    all.pass(11);
    BOOST_TEST(all.begun() == 2U);
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_has_the_deadline_that_it_was_given_last) {
    scene all;
    plan_changed earlier;
    earlier.deadline = 60;
    run_resumed resumed;
    resumed.changes = {earlier};
    all.events.publish(std::move(resumed));
    all.train();
    all.pass(50);
    BOOST_TEST(all.told.empty());
    all.pass(20);
    BOOST_REQUIRE(all.begun() == 1U);
    BOOST_TEST(all.told[0].deadline == 60.0);
}

BOOST_AUTO_TEST_SUITE_END()
