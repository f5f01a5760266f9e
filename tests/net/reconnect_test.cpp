#include <fedasio/net/nursery.hpp>
#include <fedasio/net/reconnect.hpp>

#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <net/memory_stream.hpp>
#include <net/virtual_runtime.hpp>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto least_entropy = std::numeric_limits<std::uint64_t>::min();
constexpr auto most_entropy = std::numeric_limits<std::uint64_t>::max();

/// Fails a number of times, then connects.
struct busy_line {
    virtual_runtime& world;
    int failures;
    int dialled = 0;

    dialer dial() {
        return [this]() { return attempt(this); };
    }

    static awaitable<opened> attempt(busy_line* self) {
        opened result{asio::error::connection_refused, nullptr};
        if (++self->dialled > self->failures) {
            memory_link link(self->world.executor());
            result.error = {};
            result.connection = std::move(link.first);
        }
        co_return std::move(result);
    }
};

awaitable<void> dial_into(runtime& rt, dialer dial, opened& result) {
    result = co_await dial_until_connected(rt, std::move(dial), backoff());
}

} // namespace

BOOST_AUTO_TEST_SUITE(reconnecting)

BOOST_AUTO_TEST_CASE(pauses_double_up_to_the_longest) {
    const backoff policy{100ms, 5s, 5min};
    const std::vector<clock::duration> longest{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s};
    for (unsigned attempt = 0; attempt < longest.size(); ++attempt) {
        const auto range = longest[attempt];
        BOOST_TEST((policy.pause(attempt, least_entropy) == range / 10));
        BOOST_TEST((policy.pause(attempt, most_entropy) <= range));
        BOOST_TEST((policy.pause(attempt, most_entropy) > range - 1us));
        const auto middle = policy.pause(attempt, most_entropy / 2);
        BOOST_TEST((middle > range / 2 && middle < range * 6 / 10));
    }
    BOOST_TEST((policy.pause(4'000'000'000, most_entropy) <= 5s));
}

BOOST_AUTO_TEST_CASE(connects_at_once) {
    virtual_runtime world;
    busy_line line{world, 0};
    const auto start = world.now();
    const auto got = world.run(dial_until_connected(world, line.dial(), backoff()));
    BOOST_TEST(!got.error);
    BOOST_TEST(got.connection != nullptr);
    BOOST_TEST((world.now() == start));
}

BOOST_AUTO_TEST_CASE(connects_after_some_failures_and_tells_each) {
    virtual_runtime world;
    busy_line line{world, 7};
    clock::duration paused{};
    int told = 0;
    const auto start = world.now();
    const auto got = world.run(
        dial_until_connected(world, line.dial(), backoff(), [&](error_code why, clock::duration pause) {
            BOOST_TEST(why == error_code(asio::error::connection_refused));
            paused += pause;
            ++told;
        }));
    BOOST_TEST(!got.error);
    BOOST_TEST(got.connection != nullptr);
    BOOST_TEST(line.dialled == 8);
    BOOST_TEST(told == 7);
    BOOST_TEST((world.now() - start == paused));
}

BOOST_AUTO_TEST_CASE(gives_up_in_time) {
    virtual_runtime world;
    busy_line line{world, 1'000'000};
    backoff policy;
    policy.give_up = 60s;
    const auto start = world.now();
    const auto got = world.run(dial_until_connected(world, line.dial(), policy));
    BOOST_TEST(got.error == make_error_code(errc::gave_up));
    BOOST_TEST(!got.connection);
    BOOST_TEST((world.now() - start < 60s));
    BOOST_TEST((world.now() - start > 54s));
}

BOOST_AUTO_TEST_CASE(cancellation_ends_the_pause_and_dials_no_more) {
    virtual_runtime world;
    busy_line line{world, 1'000'000};
    nursery owner(world.executor());
    opened result;
    owner.spawn(dial_into(world, line.dial(), result));
    world.run_for(2s);
    const auto dialled = line.dialled;
    BOOST_TEST(dialled > 1);
    owner.cancel();
    const auto before = world.now();
    world.run(owner.join());
    BOOST_TEST((world.now() == before));
    BOOST_TEST(line.dialled == dialled);
    BOOST_TEST(result.error == error_code(asio::error::operation_aborted));
}

BOOST_AUTO_TEST_SUITE_END()
