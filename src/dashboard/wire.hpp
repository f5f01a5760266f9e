#pragma once

#include <fedasio/net/stream.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace fedasio::dashboard {

namespace asio = boost::asio;
using net::error_code;

/// A net::stream (a socket or TLS) as Beast wants it: an AsyncStream. Its operations are not cancelled but
/// ended by `close`, which a watchdog or the server calls. May go while an operation is under way.
class wire {
public:
    using executor_type = asio::any_io_executor;
    using handler = asio::any_completion_handler<void(error_code, std::size_t)>;

    wire(executor_type executor, std::unique_ptr<net::stream> below)
        : executor_(std::move(executor)), below_(std::move(below)) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

    [[nodiscard]] bool is_open() const noexcept { return is_open_; }

    [[nodiscard]] const net::stream& below() const noexcept { return *below_; }

    void shutdown_send() { below_->shutdown_send(); }

    void close() {
        is_open_ = false;
        below_->close();
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        asio::mutable_buffer first;
        for (auto it = asio::buffer_sequence_begin(into);
             first.size() == 0 && it != asio::buffer_sequence_end(into); ++it) {
            first = *it;
        }
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, asio::mutable_buffer to) { read(to, handler(std::move(done))); }, token, first);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        few_buffers first{};
        std::size_t count = 0;
        for (auto it = asio::buffer_sequence_begin(from);
             count < first.size() && it != asio::buffer_sequence_end(from); ++it) {
            first[count++] = *it;
        }
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, const few_buffers& what) { write(what, handler(std::move(done))); }, token,
            first);
    }

private:
    using few_buffers = std::array<asio::const_buffer, 4>;

    void read(asio::mutable_buffer into, handler done);
    void write(const few_buffers& from, handler done);

    executor_type executor_;
    std::shared_ptr<net::stream> below_;
    bool is_open_ = true;
};

/// What a WebSocket does to the connection below it after the closing handshake (a customization of Beast's).
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, wire& below, Handler&& done) {
    below.shutdown_send();
    asio::post(below.get_executor(), [done = std::forward<Handler>(done)]() mutable { done(error_code{}); });
}

inline void beast_close_socket(wire& below) {
    below.close();
}

} // namespace fedasio::dashboard
