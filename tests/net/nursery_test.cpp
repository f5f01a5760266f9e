#include <fedasio/net/event.hpp>
#include <fedasio/net/nursery.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <stdexcept>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

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

} // namespace

BOOST_AUTO_TEST_SUITE(nurseries)

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

BOOST_AUTO_TEST_SUITE_END()
