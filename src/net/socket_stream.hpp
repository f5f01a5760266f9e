#pragma once

#include <fedasio/net/stream.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <span>
#include <utility>

namespace fedasio::net {

/// A connected stream socket of the system, whatever its protocol; remote() is left to who knows it.
template <class Socket>
class socket_stream : public stream {
public:
    explicit socket_stream(Socket socket) : socket_(std::move(socket)) {}

    // A cancellation that came before is not told to an operation that begins after it.
    awaitable<transferred> read_some(asio::mutable_buffer into) override {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        auto [ec, bytes] = co_await socket_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
        co_return transferred{ec, bytes};
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        auto [ec, bytes] = co_await socket_.async_write_some(from, asio::as_tuple(asio::use_awaitable));
        co_return transferred{ec, bytes};
    }

    void shutdown_send() override {
        error_code ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
    }

    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

protected:
    Socket socket_;
};

} // namespace fedasio::net
