#include "program/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "program/command_line.hpp"
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

namespace fedasio::program {

namespace asio = boost::asio;

namespace {

// A shell or timeout(1) may signal the process and its group, which is one wish and not two.
constexpr auto one_breath = std::chrono::milliseconds(300);

/// A program that has ended by itself, and frees what it held, is not to look killed by a signal that comes
/// then.
void outlive_signals() {
    static asio::io_context nobody;
    static asio::signal_set kept(nobody, SIGINT, SIGTERM);
}

} // namespace

asio::signal_set end_signals(net::runtime& rt) {
    // Before the first line that could meet a reader who is gone.
    std::signal(SIGPIPE, SIG_IGN);
    outlive_signals();
    struct sigaction present = {};
    const bool under_nohup = sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
    return under_nohup ? asio::signal_set(rt.executor, SIGINT, SIGTERM)
                       : asio::signal_set(rt.executor, SIGINT, SIGTERM, SIGHUP);
}

net::awaitable<void> watch_signals(asio::signal_set& signals, std::function<void()> first) {
    co_await asio::this_coro::throw_if_cancelled(false);
    bool called = false;
    std::optional<std::chrono::steady_clock::time_point> asked;
    for (;;) {
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return;
        }
        auto received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto [problem, number] = received;
        if (problem) {
            co_return;
        }
        const auto now = std::chrono::steady_clock::now();
        if (asked && number != SIGHUP && now - *asked >= one_breath) {
            std::_Exit(failed);
        }
        if (number != SIGHUP && !asked) {
            asked = now;
        }
        if (!std::exchange(called, true)) {
            first();
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
