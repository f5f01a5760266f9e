#pragma once

#include <fedasio/net/buffer.hpp>
#include <fedasio/net/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fedasio::net {

namespace asio = boost::asio;
using asio::awaitable;

/// Outcome of one read or write.
struct transferred {
    error_code error;
    std::size_t bytes = 0;
};

/// A duplex byte stream: a TCP socket, TLS, or a simulated network. One read and one write may be under way
/// at a time.
class stream {
public:
    virtual ~stream() = default;

    /// Reads at least one byte; `asio::error::eof` when the peer has shut down its side.
    virtual awaitable<transferred> read_some(asio::mutable_buffer into) = 0;
    /// Writes at least one byte of the buffers, taken in order.
    virtual awaitable<transferred> write_some(std::span<const asio::const_buffer> from) = 0;

    /// Gives the other side this body as it is, in place of its bytes; before the head of its frame is
    /// written. False if it cannot, as over a network: then its bytes are written.
    virtual bool hand_over(const payload& /*body*/) { return false; }

    /// The body that the other side handed over for the frame whose head was read just now; none: its bytes
    /// follow.
    virtual std::optional<payload> handed_over() { return std::nullopt; }

    /// About so many bytes at most wait in the system until they are read, from now on; without a limit it is
    /// the system that adapts them to the peer's distance. The system may have a lower limit of its own.
    virtual void limit_unread(std::size_t /*bytes*/) {}

    /// Says that nothing more will be written.
    virtual void shutdown_send() = 0;
    /// Ends pending reads and writes with an error; may be called again.
    virtual void close() = 0;
    /// The other side, for people: "127.0.0.1:41022".
    [[nodiscard]] virtual std::string remote() const = 0;

    /// The name that the other side has proved to have; empty when it has proved none.
    [[nodiscard]] virtual std::string peer_name() const { return {}; }
};

/// Outcome of an accept or a connect: a stream, or why there is none.
struct opened {
    error_code error;
    std::unique_ptr<stream> connection;
};

/// Where incoming streams come from.
class acceptor {
public:
    virtual ~acceptor() = default;

    virtual awaitable<opened> accept() = 0;
    /// Ends a pending accept with an error.
    virtual void close() = 0;
    /// The address it listens on: "127.0.0.1:7700".
    [[nodiscard]] virtual std::string local() const = 0;
};

} // namespace fedasio::net
