#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/handshake.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/stream.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace fedasio::net {

struct listener_options {
    /// Streams over this number are closed at once.
    std::size_t max_connections = 20000;
    /// Before a stream gets its session. Empty: none.
    handshake prove;
    /// Streams from one address whose handshake is not over; more are closed at once.
    std::size_t max_strangers = 256;
};

/// Accepts streams and serves each with a coroutine of its own.
class listener {
public:
    /// Serves one stream until it is over. An exception ends that session only.
    using session = std::function<awaitable<void>(std::unique_ptr<stream>)>;
    /// Is told of what went wrong: a failed accept, a refused stream, a session that threw.
    using error_handler = std::function<void(const std::string& what)>;

    listener(runtime& rt, std::unique_ptr<acceptor> source, listener_options options = {},
             error_handler on_error = {});

    /// Accepts until `stop`, then cancels and joins the sessions. When the process runs out of descriptors it
    /// waits a little and goes on; connections that would take what is kept for files are told of once.
    awaitable<void> run(session serve);
    /// Accepts one peer and starts it with these options: for programs that want a handful of peers and no
    /// sessions. Throws boost::system::system_error.
    awaitable<connection_ptr> accept(connection_options options = {});
    void stop();

    [[nodiscard]] std::string local() const { return source_->local(); }

    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }

private:
    void turn_away(const std::string& who, error_code why) const;
    awaitable<void> prove_and_serve(std::unique_ptr<stream> fresh, const session& serve);

    runtime& rt_;
    std::unique_ptr<acceptor> source_;
    listener_options options_;
    error_handler on_error_;
    nursery sessions_;
    std::map<std::string, std::size_t> strangers_; ///< a number for each address that has some
    bool is_full_ = false;                         ///< the last one was refused for want of descriptors
    bool stopped_ = false;
};

} // namespace fedasio::net
