#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/dashboard/asset.hpp>
#include <fedasio/dashboard/server_protection.hpp>
#include <fedasio/master/commands.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace fedasio::master {
class event_source;
}

namespace fedasio::dashboard {

using net::awaitable;

struct server_options {
    net::clock::duration header_timeout = std::chrono::seconds(5);
    net::clock::duration body_timeout = std::chrono::seconds(10);
    /// How long a connection may be kept open between requests.
    net::clock::duration idle_timeout = std::chrono::seconds(30);
    /// A client that takes no byte for so long while something waits for it is dropped.
    net::clock::duration stall_timeout = std::chrono::seconds(30);
    /// A stream on which nothing was heard for so long is pinged, and dropped after twice that time more.
    net::clock::duration ping_interval = std::chrono::seconds(15);
    /// What open requests and streams get to end by themselves when the server stops.
    net::clock::duration stop_timeout = std::chrono::seconds(2);
    std::size_t header_bytes = std::size_t{8} << 10;
    std::size_t body_bytes = most_tried_bytes;
    /// Of bodies over 64 KiB that are no commands, at once and in all; what comes on top is answered 503.
    std::size_t viewers_bodies_bytes = std::size_t{64} << 20;
    std::size_t stream_message_bytes = std::size_t{4} << 10;
    /// Clients that take many events in one message get one no more often than this ...
    net::clock::duration stream_interval = std::chrono::milliseconds(100);
    /// ... and of no more bytes.
    std::size_t stream_batch_bytes = std::size_t{32} << 10;
    /// Events that may wait for a stream client; when it lags further behind it gets a new snapshot instead.
    std::size_t backlog_bytes = std::size_t{1} << 20;
    /// The kernel's send buffer of a connection, so that it does not hide a slow reader.
    int socket_buffer_bytes = 256 << 10;
    /// Descriptors of the process that stay free for other uses.
    std::size_t spare_descriptors = 0;
    /// Connections over this number are answered 503, or closed at once if they would need TLS.
    std::size_t max_connections = 1000;
    /// Likewise over this number from one address.
    std::size_t max_connections_of_one = 256;
    /// The body of a request from somebody who is not known.
    std::size_t strangers_body_bytes = 1024;
    /// Answers that clients have not taken yet, in all; what comes on top is answered 503.
    std::size_t answer_bytes = std::size_t{256} << 20;
    /// An answer must be taken at this rate on average, after the stall timeout.
    std::size_t least_bytes_a_second = std::size_t{32} << 10;
    /// The master has an evaluator, which a plan that is checked may count on.
    bool has_evaluator = false;
};

/// The HTTP and WebSocket interface of `docs/api.md`, for one run: folds events into a board, shows it, and
/// hands commands on.
///
/// Requests must call this machine by a name of its own, and pages from elsewhere cannot command or listen,
/// so that a browser cannot be used against it (cross-site requests, DNS rebinding). Who else is kept out is
/// said by `server_protection`; without tokens whoever reaches the port may steer.
///
/// Everything runs on the runtime's thread. `rt`, `events` and the assets must outlive the server.
class server {
public:
    /// Listens from here on. Create it before the first event is published. Without an `archive` there are no
    /// past runs, models and samples. Throws std::runtime_error that names the address
    /// when it cannot be had.
    server(net::runtime& rt, const net::address& listen, master::event_source& events,
           master::command_handler commands, std::span<const asset> assets, server_options options = {},
           archive_reader archive = {}, server_protection protection = {});
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// Where it listens; tells the port when 0 was asked for.
    [[nodiscard]] net::address local() const;

    /// Serves until `stop` or cancellation; then idle connections are closed, streams get close code 1001
    /// (going away), open requests are finished, and after `stop_timeout` what is left is cut. Call once.
    awaitable<void> run();
    void stop();

    /// Open connections of all kinds.
    [[nodiscard]] std::size_t connections() const;
    /// Open event streams.
    [[nodiscard]] std::size_t streams() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace fedasio::dashboard
