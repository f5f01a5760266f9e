// How fast one set of weights reaches N peers and is acknowledged, through frames, checksums and gather,
// beside the same bytes over plain Asio sockets in the same run: the limit. Both sides run in one process, a
// thread each, over loopback.
#include <fedasio/net/gather.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/tcp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace net = fedasio::net;
using asio::ip::tcp;
using steady = std::chrono::steady_clock;

constexpr int repetitions = 9;
constexpr std::uint16_t weights_type = net::frame_type::first_free;

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double seconds_since(steady::time_point begin) {
    return std::chrono::duration<double>(steady::now() - begin).count();
}

net::awaitable<void> serve_peer(net::runtime& rt, net::address where, std::size_t bytes) {
    auto wire = co_await net::connect_tcp(rt, where);
    net::connection_options options;
    options.limits.body = bytes;
    const auto peer = std::make_shared<net::connection>(rt, std::move(wire.connection), options);
    peer->on_frame([&peer](const net::frame& request) { peer->reply(request); });
    co_await peer->run();
}

net::awaitable<void> drive(net::runtime& rt, net::listener& listener, std::size_t peers, std::size_t bytes,
                           double& out) {
    std::vector<net::connection_ptr> connected;
    while (connected.size() < peers) {
        auto peer = co_await listener.accept();
        connected.push_back(std::move(peer));
    }
    net::buffer content(bytes);
    std::ranges::fill(content.floats(), 0.5F);
    const net::payload weights(std::move(content));
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        std::vector<net::call> calls;
        calls.reserve(connected.size());
        for (const auto& peer : connected) {
            calls.emplace_back(peer, net::frame(weights_type, {}, weights));
        }
        const auto begin = steady::now();
        const net::gather_policy policy(rt.time.now() + std::chrono::seconds(60));
        const auto results = co_await net::gather(rt, std::move(calls), policy);
        times.push_back(seconds_since(begin));
    }
    out = median(times);
    for (const auto& peer : connected) {
        peer->close("done");
    }
    for (const auto& peer : connected) {
        co_await peer->ended();
    }
}

double with_frames(std::size_t peers, std::size_t bytes) {
    asio::io_context here(1);
    asio::io_context there(1);
    net::system_runtime master(here);
    net::system_runtime workers(there);
    net::listener listener(master, net::listen_tcp(master, {"127.0.0.1", 0}));
    const auto where = net::address::parse(listener.local());
    for (std::size_t i = 0; i < peers; ++i) {
        asio::co_spawn(there, serve_peer(workers, where, bytes), asio::detached);
    }
    double result = 0;
    asio::co_spawn(here, drive(master, listener, peers, bytes, result), asio::detached);
    std::thread other([&there] { there.run(); });
    here.run();
    other.join();
    return result;
}

asio::awaitable<void> plain_peer(tcp::endpoint where, std::size_t bytes) {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(where, asio::use_awaitable);
    std::vector<char> content(bytes);
    const char acknowledgement = 1;
    for (int i = 0; i < repetitions; ++i) {
        co_await asio::async_read(socket, asio::buffer(content), asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer(&acknowledgement, 1), asio::use_awaitable);
    }
}

asio::awaitable<void> plain_send(tcp::socket& socket, const std::vector<char>& content, std::size_t& open) {
    char acknowledgement = 0;
    co_await asio::async_write(socket, asio::buffer(content), asio::use_awaitable);
    co_await asio::async_read(socket, asio::buffer(&acknowledgement, 1), asio::use_awaitable);
    --open;
}

double with_plain_sockets(std::size_t peers, std::size_t bytes) {
    asio::io_context here(1);
    asio::io_context there(1);
    tcp::acceptor acceptor(here, {asio::ip::address_v4::loopback(), 0});
    for (std::size_t i = 0; i < peers; ++i) {
        asio::co_spawn(there, plain_peer(acceptor.local_endpoint(), bytes), asio::detached);
    }
    std::thread other([&there] { there.run(); });
    std::vector<tcp::socket> sockets;
    for (std::size_t i = 0; i < peers; ++i) {
        sockets.push_back(acceptor.accept());
        sockets.back().set_option(tcp::no_delay(true));
    }
    const std::vector<char> content(bytes, 1);
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        std::size_t open = peers;
        const auto begin = steady::now();
        for (auto& socket : sockets) {
            asio::co_spawn(here, plain_send(socket, content, open), asio::detached);
        }
        here.restart();
        here.run();
        times.push_back(seconds_since(begin));
    }
    other.join();
    return median(times);
}

} // namespace

int main() {
    std::printf("%8s %12s %14s %14s %8s\n", "peers", "MiB each", "frames GB/s", "plain GB/s", "ratio");

    struct scenario {
        std::size_t peers;
        std::size_t bytes;
    };

    for (const auto& [peers, bytes] :
         {scenario{4, std::size_t{199210} * 4}, scenario{32, std::size_t{199210} * 4},
          scenario{32, std::size_t{1663370} * 4}, scenario{200, std::size_t{199210} * 4}}) {
        const double frames = with_frames(peers, bytes);
        const double plain = with_plain_sockets(peers, bytes);
        const auto total = static_cast<double>(peers * bytes) / 1e9;
        std::printf("%8zu %12.2f %14.2f %14.2f %8.2f\n", peers, static_cast<double>(bytes) / (1 << 20),
                    total / frames, total / plain, plain / frames);
    }
}
