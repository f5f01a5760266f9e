#include <fedasio/net/nursery.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include "master/cancelled.hpp"
#include "master/run_failed.hpp"
#include "master/waiting.hpp"
#include "parts.hpp"

using namespace parts;
using namespace std::chrono_literals;

namespace {

struct waits : ground {
    explicit waits(const std::string& plan = plan_text()) : ground(plan) {
        build_model();
        wait.begin_training();
    }

    [[nodiscard]] std::size_t lines() const {
        std::size_t count = 0;
        for (const auto& one : all<noticed>()) {
            count += one.text.starts_with("waiting") ? 1 : 0;
        }
        return count;
    }

    waiting wait{given, state};
};

net::awaitable<void> note_cancelled(net::awaitable<void> work, std::string& how) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    try {
        co_await std::move(work);
        how = "ended";
    } catch (const cancelled&) {
        how = "cancelled";
    }
}

net::awaitable<void> wait_long(waiting& wait, net::clock::time_point until) {
    co_await wait.wait_for_change(until);
}

} // namespace

BOOST_AUTO_TEST_SUITE(waiting_for_workers)

BOOST_AUTO_TEST_CASE(it_ends_at_its_deadline_or_when_somebody_comes) {
    waits on;
    const auto began = on.world.now();
    BOOST_TEST(!on.world.run(on.wait.wait_for_change(began + 30s)));
    BOOST_TEST((on.world.now() - began == 30s));
    on.state.members.roster.changed().reset();
    const auto alarm = on.world.time().at(on.world.now() + 5s, [&] { on.add("north"); });
    BOOST_TEST(on.world.run(on.wait.wait_for_change(on.world.now() + 30s)));
    BOOST_TEST((on.world.now() - began == 35s));
}

BOOST_AUTO_TEST_CASE(every_minute_it_says_what_it_waits_for_however_often_somebody_comes_and_goes) {
    waits on;
    std::unique_ptr<net::alarm> next;
    std::function<void()> flap = [&] {
        if (const auto who = on.state.members.roster.find(std::string("flapping"))) {
            on.state.members.roster.remove(who);
        } else {
            on.add("flapping");
        }
        next = on.world.time().at(on.world.now() + 7s, flap);
    };
    flap();
    std::function<bool()> never = [] { return false; };
    BOOST_TEST(!on.world.run(on.wait.wait_for(never, on.world.now() + 5min + 1s)));
    BOOST_TEST(on.lines() == 5U);
    BOOST_TEST(on.has_notice("are needed to host 3 clients"));
}

BOOST_AUTO_TEST_CASE(what_a_training_waits_in_all_is_bounded_until_a_round_ends) {
    waits on;
    on.given.options.patience = 5min;
    const auto began = on.world.now();
    // Somebody comes every 40 seconds, and it does not help.
    const auto wait_until = [&](net::clock::time_point end) {
        while (on.world.now() < end) {
            on.state.members.roster.changed().reset();
            const auto alarm =
                on.world.time().at(on.world.now() + 40s, [&] { on.state.members.roster.changed().set(); });
            on.world.run(on.wait.wait_for_hosts(on.world.now()));
        }
    };
    wait_until(began + 4min);
    on.wait.end_round();
    const auto round_ended = on.world.now();
    BOOST_CHECK_EXCEPTION(wait_until(began + 24h), run_failed, [](const run_failed& e) {
        return std::string(e.what()).find("no worker hosted a client with data for 5 min in all") == 0;
    });
    BOOST_TEST((on.world.now() - round_ended == 5min));
}

BOOST_AUTO_TEST_CASE(it_does_not_wait_where_that_cannot_help) {
    waits on;
    on.add("north")->unusable = "no file";
    const auto began = on.world.now();
    BOOST_CHECK_EXCEPTION(on.world.run(on.wait.wait_for_hosts(began)), run_failed, [](const run_failed& e) {
        return std::string(e.what()) == "no worker can take part; north cannot take part: no file";
    });
    BOOST_TEST((on.world.now() == began));
}

BOOST_AUTO_TEST_CASE(only_a_process_that_ends_with_its_training_does_not_wait_for_workers_for_ever) {
    waits on;
    on.given.options.exit_when_done = true;
    const auto began = on.world.now();
    BOOST_TEST(!on.world.run(on.wait.wait_to_start(10s)));
    BOOST_TEST((on.world.now() - began == 10s));
    on.given.options.exit_when_done = false;
    const auto alarm = on.world.time().at(on.world.now() + 3h, [&] { on.add("north"); });
    BOOST_TEST(on.world.run(on.wait.wait_to_start(10s)));
}

BOOST_AUTO_TEST_CASE(a_pause_lasts_until_people_resume) {
    waits on;
    auto& asked = on.state.progress.asked;
    asked.order_as_planned();
    asked.begin_training();
    BOOST_TEST_REQUIRE(asked.pause().accepted);
    const auto alarm = on.world.time().at(on.world.now() + 1h, [&] {
        asked.resume();
        on.wait.resume();
    });
    const auto began = on.world.now();
    on.world.run(on.wait.wait_while_paused());
    BOOST_TEST((on.world.now() - began == 1h));
    BOOST_TEST((on.state.progress.now() == phase::paused));
    on.world.run(on.wait.wait_while_paused()); // nobody wants one
    BOOST_TEST((on.world.now() - began == 1h));
}

BOOST_AUTO_TEST_CASE(whoever_is_cancelled_waits_no_more) {
    waits on;
    std::string how;
    net::nursery children(on.world.executor());
    children.spawn(note_cancelled(wait_long(on.wait, net::clock::time_point::max()), how));
    on.world.settle();
    BOOST_TEST(how.empty());
    children.cancel();
    on.world.run(children.join());
    BOOST_TEST(how == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_master_without_an_order_says_so_less_and_less_often) {
    waits on;
    on.wait.begin_idling();
    on.world.run_for(24h);
    // After 1, 3, 7, 15, 31 and 63 minutes, and then every hour.
    BOOST_TEST(on.lines() == 6U + 22U);
    on.wait.end_idling();
    on.world.run_for(24h);
    BOOST_TEST(on.lines() == 28U);
}

BOOST_AUTO_TEST_SUITE_END()
