#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/nursery.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "hub.hpp"
#include <array>
#include <stdexcept>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
using net::error_code;

/// Connections over the limit that still get an answer; beyond them there is none.
constexpr std::size_t overload_answers = 100;

tcp::acceptor listen_on(net::runtime& rt, const net::address& where) {
    error_code ec;
    tcp::resolver resolver(rt.executor);
    const auto found = resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive, ec);
    tcp::acceptor result(rt.executor);
    if (!ec) {
        const auto endpoint = found.begin()->endpoint();
        result.open(endpoint.protocol(), ec);
        if (!ec) {
            result.set_option(tcp::acceptor::reuse_address(true), ec);
            result.bind(endpoint, ec);
        }
        if (!ec) {
            result.listen(asio::socket_base::max_listen_connections, ec);
        }
    }
    if (ec) {
        const bool taken = ec == asio::error::address_in_use;
        throw std::runtime_error(
            "the dashboard cannot listen on " + where.to_string() + ": " + ec.message() +
            (taken ? "; stop the program that uses the port, or choose another one" : ""));
    }
    return result;
}

std::string hex(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result(16, '0');
    for (auto at = result.rbegin(); at != result.rend(); ++at, number >>= 4U) {
        *at = digits[number & 15U];
    }
    return result;
}

} // namespace

hub::hub(net::runtime& runtime, server_options limits, master::command_handler handler, std::string plan,
         std::span<const asset> assets, bool loopback_only)
    : rt(runtime), options(limits), commands(std::move(handler)),
      folded(hex(runtime.entropy()), runtime.time.unix_time()),
      routes(folded, std::move(plan), assets, loopback_only), changed(runtime.executor) {}

void hub::wake() {
    changed.set();
    changed.reset();
}

struct server::state {
    state(net::runtime& rt, const net::address& listen, master::command_handler commands, std::string plan,
          std::span<const asset> assets, server_options options)
        : acceptor(listen_on(rt, listen)), local(acceptor.local_endpoint()),
          shared(rt, options, std::move(commands), std::move(plan), assets, local.address().is_loopback()),
          sessions(rt.executor, [](const std::exception_ptr&) {}) {}

    void stop() {
        shared.is_stopping = true;
        error_code ignored;
        acceptor.close(ignored);
        shared.wake();
        for (const auto& open : shared.connections) {
            if (open.is_idle) {
                open.socket->close(ignored);
            }
        }
    }

    void cut() {
        error_code ignored;
        for (const auto& open : shared.connections) {
            open.socket->close(ignored);
        }
        sessions.cancel();
    }

    tcp::acceptor acceptor;
    tcp::endpoint local;
    hub shared;
    net::nursery sessions;
};

server::server(net::runtime& rt, const net::address& listen, master::event_source& events,
               master::command_handler commands, std::string plan, std::span<const asset> assets,
               server_options options, archive_reader archive)
    : state_(std::make_shared<state>(rt, listen, std::move(commands), std::move(plan), assets, options)) {
    state_->shared.archive = std::move(archive);
    events.subscribe([weak = std::weak_ptr(state_)](const master::event& happened) {
        if (const auto self = weak.lock()) {
            self->shared.folded.fold(happened);
            self->shared.wake();
        }
    });
}

server::~server() = default;

net::address server::local() const {
    return {state_->local.address().to_string(), state_->local.port()};
}

std::size_t server::connections() const {
    return state_->shared.connections.size();
}

std::size_t server::streams() const {
    return state_->shared.streams;
}

void server::stop() {
    state_->stop();
}

awaitable<void> server::run() {
    const auto self = state_;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto& shared = self->shared;
    while (!shared.is_stopping) {
        auto [ec, socket] = co_await self->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled || shared.is_stopping) {
            break;
        }
        if (ec) {
            // Out of descriptors, most likely: some will be free soon.
            co_await net::sleep_for(shared.rt, std::chrono::milliseconds(50));
            continue;
        }
        const auto open = self->sessions.size();
        if (open < shared.options.max_connections + overload_answers) {
            self->sessions.spawn(serve_connection({self, &self->shared}, std::move(socket),
                                                  open >= shared.options.max_connections));
        }
    }
    self->stop();
    const auto last_call = shared.rt.time.at(shared.rt.time.now() + shared.options.stop_timeout,
                                             [raw = self.get()] { raw->cut(); });
    co_await self->sessions.join();
}

} // namespace fedasio::dashboard
