#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clocks)

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

BOOST_AUTO_TEST_SUITE_END()
