#pragma once

#include <fedasio/net/error.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tcp.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

using net::awaitable;

/// Where a master's dashboard is, from a URL like http://127.0.0.1:8080 (the port defaults to 80). Throws
/// std::invalid_argument that says what form is expected.
net::address parse_master_url(std::string_view url);

struct http_answer {
    unsigned status = 0;
    std::string body;
};

/// Asks a master's dashboard, each time on a connection of its own. Must outlive its calls, and so must `rt`.
class http_client {
public:
    /// An answer must be there within `patience`.
    http_client(net::runtime& rt, net::address master,
                net::clock::duration patience = std::chrono::seconds(15));

    /// Throw boost::system::system_error when there is no answer. At most 64 MiB are taken.
    awaitable<http_answer> get(std::string target);
    awaitable<http_answer> post(std::string target, std::string json);

private:
    net::runtime& rt_;
    net::address master_;
    net::clock::duration patience_;
};

/// The event stream of a master, message by message. Must outlive its calls, and so must `rt`.
class stream_client {
public:
    /// A master that is not heard for `patience` (it pings more often) counts as lost.
    stream_client(net::runtime& rt, net::address master,
                  net::clock::duration patience = std::chrono::seconds(45));
    ~stream_client();
    stream_client(const stream_client&) = delete;
    stream_client& operator=(const stream_client&) = delete;

    /// Opens the stream, once; `target` is for example "/api/v1/stream?after=812&instance=5c0f".
    awaitable<net::error_code> open(std::string target);

    struct message {
        net::error_code error; ///< set: the stream is over
        std::string text;
    };

    awaitable<message> next();

    /// The code with which the master closed (1001: it ends), 0 when it did not say.
    [[nodiscard]] unsigned close_code() const;
    /// Closes the socket; a `next` under way ends with an error.
    void close();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace fedasio::dashboard
