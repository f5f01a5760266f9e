#include <fedasio/net/gather.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/tcp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

namespace net = fedasio::net;

constexpr std::uint16_t step = net::frame_type::first_free;

// A peer: connects, and replies to every step until the driver says goodbye.
net::awaitable<void> peer(net::runtime& rt, net::address where) {
    auto wire = co_await net::connect_tcp(rt, where);
    if (wire.error) {
        throw boost::system::system_error(wire.error, "connecting to " + where.to_string());
    }
    auto me = std::make_shared<net::connection>(rt, std::move(wire.connection));
    me->on_frame([me = me.get()](const net::frame& request) { me->reply(request); });
    co_await me->run();
}

// The driver: waits for five peers, then takes all of them through two steps, each a barrier.
net::awaitable<bool> drive(net::runtime& rt, net::listener& door) {
    std::vector<net::connection_ptr> peers;
    while (peers.size() < 5) {
        peers.push_back(co_await door.accept());
    }
    bool all_answered = true;
    for (int number = 1; number <= 2; ++number) {
        std::vector<net::call> calls;
        calls.reserve(peers.size());
        for (const auto& one : peers) {
            calls.emplace_back(one, net::frame(step, {{"number", number}}));
        }
        const auto results = co_await net::gather(
            rt, std::move(calls), net::gather_policy(rt.time.now() + std::chrono::seconds(10)));
        for (std::size_t i = 0; i < results.size(); ++i) {
            std::cout << "step " << number << ", " << peers[i]->remote() << ": "
                      << net::to_string(results[i].result) << '\n';
            all_answered = all_answered && results[i].result == net::outcome::reply;
        }
    }
    for (const auto& one : peers) {
        one->close("done");
    }
    co_return all_answered;
}

int main() {
    boost::asio::io_context context;
    net::system_runtime rt(context);
    net::listener door(rt, net::listen_tcp(rt, net::address::parse("127.0.0.1:0")));
    bool all_answered = false;
    for (int i = 0; i < 5; ++i) {
        boost::asio::co_spawn(context, peer(rt, net::address::parse(door.local())), boost::asio::detached);
    }
    boost::asio::co_spawn(context, drive(rt, door), [&](const std::exception_ptr& failure, bool all) {
        all_answered = !failure && all;
    });
    context.run();
    return all_answered ? 0 : 1;
}
