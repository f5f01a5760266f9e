#include <fedasio/net/event.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/outbox.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/bytes.hpp>
#include <net/virtual_runtime.hpp>
#include <stdexcept>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

awaitable<void> wait_once(event& what, std::vector<error_code>& results) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto ec = co_await what.wait();
    results.push_back(ec);
}

awaitable<void> sleep_then_count(runtime& rt, clock::duration time, int& count) {
    co_await sleep_for(rt, time);
    ++count;
}

awaitable<void> wait_for_ever(asio::any_io_executor executor) {
    event never(executor);
    co_await never.wait();
}

awaitable<void> throw_at_once() {
    throw std::runtime_error("as planned");
    co_return;
}

encoded_frame sized(std::size_t bytes) {
    return encoded_frame(frame(17, {}, payload_of(std::string(bytes - frame_header::size, 'x'))));
}

awaitable<bool> pop_one(outbox& from, std::vector<encoded_frame>& into) {
    co_return co_await from.pop(into, 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(primitives)

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

BOOST_AUTO_TEST_CASE(join_waits_for_all) {
    virtual_runtime world;
    nursery children(world.executor());
    int done = 0;
    for (int i = 1; i <= 100; ++i) {
        children.spawn(sleep_then_count(world, i * 10ms, done));
    }
    const auto start = world.now();
    world.run(children.join());
    BOOST_TEST(done == 100);
    BOOST_TEST((world.now() - start == 1s));
    BOOST_TEST(children.size() == 0U);
    world.run(children.join());
}

BOOST_AUTO_TEST_CASE(cancel_reaches_children_wherever_they_are) {
    virtual_runtime world;
    nursery children(world.executor());
    int done = 0;
    for (int i = 0; i < 10; ++i) {
        children.spawn(sleep_then_count(world, 1h, done));
    }
    children.cancel(); // before any has started
    for (int i = 0; i < 10; ++i) {
        children.spawn(wait_for_ever(world.executor()));
    }
    world.settle();
    children.cancel();
    const auto start = world.now();
    world.run(children.join());
    BOOST_TEST((world.now() == start));
    BOOST_TEST(world.is_dry());
}

BOOST_AUTO_TEST_CASE(cancel_from_within_before_the_children_have_started) {
    virtual_runtime world;
    nursery children(world.executor());
    asio::post(world.executor(), [&] {
        for (int i = 0; i < 10; ++i) {
            children.spawn(wait_for_ever(world.executor()));
        }
        children.cancel();
    });
    world.settle();
    children.cancel();
    world.run(children.join());
    BOOST_TEST(children.size() == 0U);
}

BOOST_AUTO_TEST_CASE(join_goes_on_when_its_caller_is_cancelled) {
    virtual_runtime world;
    nursery inner(world.executor());
    nursery outer(world.executor());
    int done = 0;
    inner.spawn(sleep_then_count(world, 1s, done));
    auto join = [](nursery& what, const int& count, bool& in_time) -> awaitable<void> {
        co_await what.join();
        in_time = count == 1;
    };
    bool in_time = false;
    outer.spawn(join(inner, done, in_time));
    world.settle();
    outer.cancel();
    world.run(outer.join());
    BOOST_TEST(in_time);
}

BOOST_AUTO_TEST_CASE(failures_of_children_are_told_but_not_cancellation) {
    virtual_runtime world;
    std::vector<std::string> failures;
    nursery children(world.executor(), [&](const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            failures.emplace_back(e.what());
        }
    });
    auto throws_on_cancel = [](runtime& rt) -> awaitable<void> {
        co_await sleep_for(rt, 1h);
        co_await sleep_for(rt, 1h);
    };
    children.spawn(throw_at_once());
    children.spawn(throws_on_cancel(world.get()));
    world.settle();
    BOOST_TEST(failures == std::vector<std::string>{"as planned"}, boost::test_tools::per_element());
    BOOST_TEST(children.size() == 1U);
    children.cancel();
    world.run(children.join());
    BOOST_TEST(failures.size() == 1U);
}

// Under ASan.
BOOST_AUTO_TEST_CASE(the_context_may_go_with_live_children) {
    for (const bool nursery_goes_first : {true, false}) {
        auto context = std::make_unique<asio::io_context>();
        virtual_clock time(context->get_executor());
        runtime rt{context->get_executor(), time, [] { return 4U; }};
        auto children = std::make_unique<nursery>(context->get_executor());
        int done = 0;
        for (int i = 0; i < 10; ++i) {
            children->spawn(sleep_then_count(rt, 1h, done));
            children->spawn(wait_for_ever(rt.executor));
        }
        context->poll();
        children->spawn(wait_for_ever(rt.executor));
        BOOST_TEST(children->size() == 21U);
        if (nursery_goes_first) {
            children.reset();
        }
        rt.executor = asio::any_io_executor();
        context.reset();
    }
}

BOOST_AUTO_TEST_CASE(sleep_ends_early_on_cancellation) {
    virtual_runtime world;
    nursery children(world.executor());
    int turns = 0;
    auto sleeper = [](runtime& rt, int& count) -> awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        for (; count < 3; ++count) {
            co_await sleep_for(rt, 1h);
        }
    };
    children.spawn(sleeper(world.get(), turns));
    world.settle();
    children.cancel();
    const auto start = world.now();
    world.run(children.join());
    BOOST_TEST(turns == 3);
    BOOST_TEST((world.now() == start));
}

BOOST_AUTO_TEST_CASE(alarms_come_in_order_and_can_be_taken_back) {
    virtual_runtime world;
    std::vector<int> order;
    std::vector<std::unique_ptr<fedasio::net::alarm>> alarms;
    const auto start = world.now();
    for (const int i : {3, 1, 2, 4, 0}) {
        alarms.push_back(world.time().at(start + i * 1s, [&order, i] { order.push_back(i); }));
    }
    BOOST_TEST(order.empty());
    alarms[2].reset();
    world.run_for(3s);
    BOOST_TEST(order == (std::vector<int>{0, 1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_system_clock_calls_alarms_and_can_take_them_back) {
    asio::io_context context;
    system_runtime system(context);
    auto& time = system.get().time;
    std::vector<int> order;
    const auto now = time.now();
    const auto late = time.at(now, [&] { order.push_back(2); });
    auto taken_back = time.at(now - 1h, [&] { order.push_back(1); });
    std::unique_ptr<fedasio::net::alarm> own;
    own = time.at(now, [&] {
        own.reset(); // inside its own call
        order.push_back(3);
    });
    BOOST_TEST(order.empty());
    taken_back.reset();
    context.run();
    BOOST_TEST(order.size() == 2U);
    BOOST_TEST(std::count(order.begin(), order.end(), 1) == 0);
    BOOST_TEST((time.now() >= now));
    BOOST_TEST(time.unix_time() > 1.7e9);
    BOOST_TEST(system.get().entropy() != system.get().entropy());
}

BOOST_AUTO_TEST_CASE(an_outbox_is_bounded_by_bytes) {
    virtual_runtime world;
    outbox box(world.executor(), 100);
    BOOST_TEST(box.empty());
    BOOST_TEST(box.push(sized(99)));
    BOOST_TEST(box.push(sized(500)));
    BOOST_TEST(box.bytes() == 599U);
    BOOST_TEST(!box.push(sized(32)));
    BOOST_TEST(box.bytes() == 599U);
    std::vector<encoded_frame> out;
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 2U);
    BOOST_TEST(out[0].size() == 99U);
    BOOST_TEST(box.bytes() == 0U);
    BOOST_TEST(box.push(sized(32)));
    BOOST_TEST(box.push(sized(33)));
    BOOST_TEST(world.run(pop_one(box, out)));
    BOOST_TEST(out.size() == 3U);
    BOOST_TEST(box.bytes() == 33U);
}

BOOST_AUTO_TEST_CASE(what_is_not_on_its_way_can_be_withdrawn) {
    virtual_runtime world;
    outbox box(world.executor(), 400'000);
    std::vector<std::uint64_t> places;
    for (const std::size_t size : {100'000U, 200U, 200'000U, 50U}) {
        BOOST_TEST(box.push(sized(size)));
        places.push_back(box.last_place());
    }
    std::vector<encoded_frame> out;
    // What is large goes alone, so that what stands behind it can still be taken out.
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 1U);
    BOOST_TEST(!box.withdraw(places[0]));
    BOOST_TEST(box.withdraw(places[2]));
    BOOST_TEST(box.bytes() == 250U);
    BOOST_TEST(box.withdraw(places[1]));
    BOOST_TEST(box.bytes() == 50U);
    BOOST_TEST(!box.withdraw(places[3] + 1));
    out.clear();
    BOOST_TEST(world.run(box.pop(out, 16)));
    BOOST_TEST(out.size() == 1U);
    BOOST_TEST(out[0].size() == 50U);
    BOOST_TEST(box.empty());
    BOOST_TEST(!box.withdraw(places[3]));
    // And it makes room.
    BOOST_TEST(box.push(sized(400'000)));
    BOOST_TEST(!box.push(sized(50)));
    BOOST_TEST(box.withdraw(box.last_place()));
    BOOST_TEST(box.push(sized(50)));
}

BOOST_AUTO_TEST_CASE(closing_an_outbox_drains_and_aborting_drops) {
    virtual_runtime world;
    std::vector<encoded_frame> out;
    outbox closed(world.executor(), 100);
    BOOST_TEST(closed.push(sized(40)));
    BOOST_TEST(closed.push(sized(40)));
    closed.close();
    BOOST_TEST(closed.is_closed());
    BOOST_TEST(!closed.push(sized(40)));
    BOOST_TEST(world.run(pop_one(closed, out)));
    BOOST_TEST(world.run(pop_one(closed, out)));
    BOOST_TEST(!world.run(pop_one(closed, out)));
    BOOST_TEST(out.size() == 2U);

    outbox aborted(world.executor(), 100);
    BOOST_TEST(aborted.push(sized(40)));
    aborted.abort();
    BOOST_TEST(aborted.bytes() == 0U);
    BOOST_TEST(!world.run(pop_one(aborted, out)));
}

BOOST_AUTO_TEST_CASE(an_outbox_wakes_its_reader) {
    virtual_runtime world;
    outbox box(world.executor(), 100);
    nursery readers(world.executor());
    std::size_t popped = 0;
    bool ended = false;
    auto read = [](outbox& from, std::size_t& count, bool& end) -> awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        std::vector<encoded_frame> out;
        for (bool more = true; more;) {
            more = co_await from.pop(out, 1);
            count = out.size();
        }
        end = true;
    };
    readers.spawn(read(box, popped, ended));
    for (std::size_t i = 1; i <= 5; ++i) {
        world.settle();
        BOOST_TEST(box.push(sized(40)));
        world.settle();
        BOOST_TEST(popped == i);
    }
    readers.cancel();
    world.run(readers.join());
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_SUITE_END()
