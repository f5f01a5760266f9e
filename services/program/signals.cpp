#include "program/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "program/command_line.hpp"
#include <chrono>
#include <csignal>
#include <cstdlib>

namespace fedasio::program {

namespace asio = boost::asio;

asio::signal_set end_signals(net::runtime& rt) {
    return asio::signal_set(rt.executor, SIGINT, SIGTERM);
}

net::awaitable<void> watch_signals(asio::signal_set& signals, std::function<void()> first) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (std::get<0>(received)) {
        co_return;
    }
    first();
    // A shell or timeout(1) may signal the process and its group, which is one wish and not two.
    const auto counts_from = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    for (;;) {
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return;
        }
        received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (std::get<0>(received)) {
            co_return;
        }
        if (std::chrono::steady_clock::now() >= counts_from) {
            std::_Exit(failed);
        }
    }
}

stop_on_signal::stop_on_signal() : signals_(end_signals(rt_)), watching_(context_.get_executor()) {
    watching_.spawn(watch_signals(signals_, [this] { stop_.request_stop(); }));
    thread_ = std::jthread([this] { context_.run(); });
}

stop_on_signal::~stop_on_signal() {
    asio::post(context_, [this] { watching_.cancel(); });
}

} // namespace fedasio::program
