#pragma once

#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <stop_token>
#include <thread>

namespace fedasio::program {

/// SIGTERM, SIGINT and SIGHUP (a terminal that was closed), caught from here on. SIGHUP stays ignored where
/// it is, as under nohup. What is written to a terminal or pipe that is gone is lost from here on, and no
/// signal.
boost::asio::signal_set end_signals(net::runtime& rt);

/// Calls `first` at the first of them. Another one, unless it comes in the same breath, ends the process
/// at once if both were SIGTERM or SIGINT: a terminal that is closed hangs up several times, and a
/// machine that goes down sends SIGTERM besides, and neither is a wish for haste. Runs until cancelled.
net::awaitable<void> watch_signals(boost::asio::signal_set& signals, std::function<void()> first);

/// The same for a program whose main thread is busy: a thread of its own watches, and the first signal
/// requests the stop.
class stop_on_signal {
public:
    stop_on_signal();
    stop_on_signal(const stop_on_signal&) = delete;
    stop_on_signal& operator=(const stop_on_signal&) = delete;
    ~stop_on_signal();

    [[nodiscard]] std::stop_token token() const noexcept { return stop_.get_token(); }

private:
    boost::asio::io_context context_{1};
    net::system_runtime rt_{context_};
    boost::asio::signal_set signals_;
    net::nursery watching_;
    std::stop_source stop_;
    std::jthread thread_;
};

} // namespace fedasio::program
