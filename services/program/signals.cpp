#include "program/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "program/command_line.hpp"
#include <csignal>
#include <cstdlib>

namespace fedasio::program {

net::awaitable<void> watch_signals(std::function<void()> first) {
    namespace asio = boost::asio;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor, SIGINT, SIGTERM);
    auto received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (std::get<0>(received)) {
        co_return;
    }
    first();
    received = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!std::get<0>(received)) {
        std::_Exit(failed);
    }
}

} // namespace fedasio::program
