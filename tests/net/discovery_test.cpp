#include <fedasio/net/discovery.hpp>
#include <fedasio/net/nursery.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/live_runtime.hpp>
#include <string>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;
using asio::ip::udp;

namespace {

/// A port that nobody uses now, so that tests on one machine do not find each other.
discovery_options quiet_group(live_runtime& world) {
    const udp::socket probe(world.context(), udp::endpoint(udp::v4(), 0));
    discovery_options options;
    options.port = probe.local_endpoint().port();
    options.interval = 5ms;
    return options;
}

const address master{"127.0.0.1", 7700};

discovered look(live_runtime& world, const discovery_options& options, clock::duration patience = 30s) {
    return world.run(discover(world, world.now() + patience, options));
}

awaitable<void> shout(runtime& rt, std::vector<std::string> texts, discovery_options options) {
    co_await asio::this_coro::throw_if_cancelled(false);
    udp::socket socket(rt.executor, udp::v4());
    socket.set_option(asio::ip::multicast::outbound_interface(asio::ip::address_v4::loopback()));
    const udp::endpoint group(asio::ip::make_address_v4(options.group), options.port);
    for (bool cancelled = false; !cancelled;) {
        for (const auto& text : texts) {
            error_code ignored;
            socket.send_to(asio::buffer(text), group, 0, ignored);
        }
        co_await sleep_for(rt, options.interval);
        cancelled = co_await is_cancelled();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(discovery)

BOOST_AUTO_TEST_CASE(a_master_is_found) {
    live_runtime world;
    const auto options = quiet_group(world);
    nursery announcing(world.context().get_executor());
    announcing.spawn(announce(world, master, "the master", options));
    const auto found = look(world, options);
    BOOST_TEST(!found.error, found.error.message());
    BOOST_TEST(found.master.to_string() == master.to_string());
    BOOST_TEST(found.name == "the master");
    announcing.cancel();
    world.run(announcing.join());
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_between_characters) {
    live_runtime world;
    const auto options = quiet_group(world);
    nursery announcing(world.context().get_executor());
    std::string umlauts = "x";
    for (int i = 0; i < 100; ++i) {
        umlauts += "\xc3\xbc";
    }
    announcing.spawn(announce(world, master, umlauts, options));
    const auto found = look(world, options);
    BOOST_TEST(!found.error, found.error.message());
    BOOST_TEST(found.name == umlauts.substr(0, 99));
    announcing.cancel();
    world.run(announcing.join());
}

BOOST_AUTO_TEST_CASE(foreign_datagrams_are_ignored) {
    live_runtime world;
    const auto options = quiet_group(world);
    const std::vector<std::string> foreign{
        "",
        "garbage \xff",
        "[]",
        "{}",
        R"({"fedasio": 1, "name": "no port"})",
        R"({"fedasio": 1, "port": 0})",
        R"({"fedasio": 1, "port": 65536})",
        R"({"fedasio": 1, "port": -1})",
        R"({"fedasio": 1, "port": "80"})",
        R"({"fedasio": 2, "port": 80})",
        R"({"fedasio": "1", "port": 80})",
        R"({"port": 80})",
        std::string(5000, '{'),
    };
    nursery shouting(world.context().get_executor());
    shouting.spawn(shout(world, foreign, options));
    const auto nobody = look(world, options, 200ms);
    BOOST_TEST(nobody.error == error_code(asio::error::timed_out));
    auto with_one = foreign;
    with_one.emplace_back(R"({"fedasio": 1, "port": 4242, "name": 7, "more": null})");
    shouting.spawn(shout(world, with_one, options));
    const auto found = look(world, options);
    BOOST_TEST(found.master.port == 4242);
    BOOST_TEST(found.name.empty());
    shouting.cancel();
    world.run(shouting.join());
}

BOOST_AUTO_TEST_CASE(nobody_is_there) {
    live_runtime world;
    const auto options = quiet_group(world);
    BOOST_TEST(look(world, options, 1ms).error == error_code(asio::error::timed_out));
    BOOST_TEST(look(world, options, -1s).error == error_code(asio::error::timed_out));
}

BOOST_AUTO_TEST_CASE(looking_can_be_cancelled) {
    live_runtime world;
    const auto options = quiet_group(world);
    nursery owner(world.context().get_executor());
    error_code result;
    auto look_for = [](runtime& rt, clock::time_point until, discovery_options where,
                       error_code& into) -> awaitable<void> {
        const auto found = co_await discover(rt, until, where);
        into = found.error;
    };
    owner.spawn(look_for(world, world.now() + 1h, options, result));
    world.context().restart();
    world.context().poll();
    owner.cancel();
    world.run(owner.join());
    BOOST_TEST(result == error_code(asio::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE(an_address_of_another_machine_cannot_be_announced) {
    live_runtime world;
    BOOST_CHECK_THROW(world.run(announce(world, {"192.0.2.1", 7700}, "", quiet_group(world))),
                      boost::system::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
