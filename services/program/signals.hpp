#pragma once

#include <fedasio/net/runtime.hpp>

#include <boost/asio/signal_set.hpp>

#include <functional>

namespace fedasio::program {

/// SIGTERM and SIGINT, caught from here on.
boost::asio::signal_set end_signals(net::runtime& rt);

/// Calls `first` at the first SIGTERM or SIGINT; a second one, unless it comes
/// in the same breath, ends the process at once. Runs until cancelled.
net::awaitable<void> watch_signals(boost::asio::signal_set& signals, std::function<void()> first);

} // namespace fedasio::program
