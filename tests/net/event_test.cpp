#include <fedasio/net/event.hpp>
#include <fedasio/net/nursery.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

awaitable<void> wait_once(event& what, std::vector<error_code>& results) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto ec = co_await what.wait();
    results.push_back(ec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(an_event_that_is_set_lets_pass) {
    virtual_runtime world;
    event flag(world.executor());
    flag.set();
    BOOST_TEST(flag.is_set());
    std::vector<error_code> results;
    world.run(wait_once(flag, results));
    world.run(wait_once(flag, results));
    BOOST_TEST(results.size() == 2U);
    flag.reset();
    BOOST_TEST(!flag.is_set());
}

BOOST_AUTO_TEST_CASE(an_event_wakes_all_who_wait_even_if_it_is_reset_at_once) {
    virtual_runtime world;
    event flag(world.executor());
    nursery waiters(world.executor());
    std::vector<error_code> results;
    for (int i = 0; i < 1000; ++i) {
        waiters.spawn(wait_once(flag, results));
    }
    world.settle();
    BOOST_TEST(results.empty());
    flag.set();
    flag.reset();
    world.run(waiters.join());
    BOOST_TEST(results.size() == 1000U);
    for (const auto& ec : results) {
        BOOST_TEST(!ec);
    }
    waiters.spawn(wait_once(flag, results));
    world.settle();
    BOOST_TEST(results.size() == 1000U);
    flag.set();
    world.run(waiters.join());
    BOOST_TEST(results.size() == 1001U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_others) {
    virtual_runtime world;
    event flag(world.executor());
    nursery first(world.executor());
    nursery second(world.executor());
    std::vector<error_code> cancelled;
    std::vector<error_code> woken;
    first.spawn(wait_once(flag, cancelled));
    second.spawn(wait_once(flag, woken));
    world.settle();
    first.cancel();
    world.settle();
    BOOST_TEST_REQUIRE(cancelled.size() == 1U);
    BOOST_TEST(cancelled[0] == error_code(asio::error::operation_aborted));
    BOOST_TEST(woken.empty());
    flag.set();
    world.settle();
    BOOST_TEST_REQUIRE(woken.size() == 1U);
    BOOST_TEST(!woken[0]);
    BOOST_TEST(world.is_dry());
}

BOOST_AUTO_TEST_CASE(a_cancellation_is_heard_also_in_the_same_turn_as_another_wake_up) {
    for (const bool set_first : {true, false}) {
        virtual_runtime world;
        event flag(world.executor());
        nursery waiters(world.executor());
        std::vector<error_code> results;
        waiters.spawn(wait_once(flag, results));
        world.settle();
        asio::post(world.executor(), [&] {
            if (set_first) {
                flag.set();
            }
            waiters.cancel();
            flag.set();
        });
        world.run(waiters.join());
        BOOST_TEST_REQUIRE(results.size() == 1U);
        BOOST_TEST(results[0] == error_code(asio::error::operation_aborted));
    }
}

// Between being woken and its turn a coroutine waits for nothing that a cancellation could end.
BOOST_AUTO_TEST_CASE(who_waits_again_and_again_ends_wherever_a_cancellation_meets_it) {
    auto wait_again = [](event& news, bool& ended) -> awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        for (error_code ec; !ec;) {
            news.reset();
            ec = co_await news.wait();
        }
        ended = true;
    };
    for (int turns = 0; turns < 10; ++turns) {
        virtual_runtime world;
        event news(world.executor());
        nursery waiters(world.executor());
        bool ended = false;
        waiters.spawn(wait_again(news, ended));
        world.settle();
        news.set();
        for (int i = 0; i < turns; ++i) {
            world.step();
        }
        waiters.cancel();
        world.settle();
        BOOST_TEST(ended);
        world.run(waiters.join());
    }
}

BOOST_AUTO_TEST_CASE(who_is_cancelled_already_does_not_wait_unless_it_must) {
    virtual_runtime world;
    event never(world.executor());
    event later(world.executor());
    nursery waiters(world.executor());
    std::vector<error_code> results;
    bool ended = false;
    auto wait_thrice = [](event& in_vain, event& must, std::vector<error_code>& all,
                          bool& end) -> awaitable<void> {
        co_await wait_once(in_vain, all);
        co_await wait_once(in_vain, all);
        co_await must.wait_uncancelled();
        end = true;
    };
    waiters.spawn(wait_thrice(never, later, results, ended));
    world.settle();
    waiters.cancel();
    world.settle();
    waiters.cancel();
    world.settle();
    BOOST_TEST(results == std::vector<error_code>(2, asio::error::operation_aborted),
               boost::test_tools::per_element());
    BOOST_TEST(!ended);
    later.set();
    world.run(waiters.join());
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_waiter_keeps_the_context_running) {
    asio::io_context context;
    event flag(context.get_executor());
    std::vector<error_code> results;
    nursery waiters(context.get_executor());
    waiters.spawn(wait_once(flag, results));
    context.poll();
    BOOST_TEST(!context.stopped());
    flag.set();
    context.run();
    BOOST_TEST(results.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
