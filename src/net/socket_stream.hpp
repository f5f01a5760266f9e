#pragma once

#include <fedasio/net/stream.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <span>
#include <utility>

namespace fedasio::net {

/// A connected stream socket of the system, whatever its protocol; remote() is left to who knows it.
///
/// What can be read or written at once is, without a way through the reactor; but only so often in a row,
/// since others wait for this thread.
template <class Socket>
class socket_stream : public stream {
public:
    explicit socket_stream(Socket socket) : socket_(std::move(socket)) {
        error_code ignored;
        socket_.non_blocking(true, ignored); // else nothing is tried, see below
    }

    // A cancellation that came before is not told to an operation that begins after it.
    awaitable<transferred> read_some(asio::mutable_buffer into) override {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        if (reading_.may_try()) {
            error_code ec;
            const auto bytes = socket_.read_some(into, ec);
            if (!is_would_block(ec)) {
                reading_.tried(bytes == into.size());
                co_return transferred{ec, bytes};
            }
        }
        auto [ec, bytes] = co_await socket_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
        reading_.waited(bytes == into.size());
        co_return transferred{ec, bytes};
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        const auto size = asio::buffer_size(from);
        if (writing_.may_try()) {
            error_code ec;
            const auto bytes = socket_.write_some(from, ec);
            if (!is_would_block(ec)) {
                writing_.tried(bytes == size);
                co_return transferred{ec, bytes};
            }
        }
        auto [ec, bytes] = co_await socket_.async_write_some(from, asio::as_tuple(asio::use_awaitable));
        writing_.waited(bytes == size);
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

private:
    /// One direction. It is tried while the one before did all that was asked for: else nothing more is
    /// there.
    class attempts {
    public:
        explicit attempts(bool promising) : promising_(promising) {}

        [[nodiscard]] bool may_try() const noexcept { return promising_ && in_a_row_ < most_in_a_row; }

        void tried(bool did_all) noexcept {
            promising_ = did_all;
            ++in_a_row_;
        }

        void waited(bool did_all) noexcept {
            promising_ = did_all;
            in_a_row_ = 0;
        }

    private:
        static constexpr unsigned most_in_a_row = 8;

        bool promising_;
        unsigned in_a_row_ = 0;
    };

    static bool is_would_block(const error_code& ec) {
        return ec == asio::error::would_block || ec == asio::error::try_again;
    }

protected:
    Socket socket_;

private:
    attempts reading_{false};
    attempts writing_{true}; ///< a new connection takes something
};

} // namespace fedasio::net
