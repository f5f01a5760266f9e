#pragma once

#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/net/error.hpp>
#include <fedasio/net/runtime.hpp>

#include <memory>
#include <string>

namespace fedasio::dashboard {

using net::awaitable;

struct http_answer {
    unsigned status = 0;
    std::string body;
};

/// Asks a master's dashboard, each time on a connection of its own. Must outlive its calls, and so must `rt`.
class http_client {
public:
    /// An answer must be there within `patience`.
    http_client(net::runtime& rt, master_place master,
                net::clock::duration patience = std::chrono::seconds(15));

    /// Throw boost::system::system_error when there is no answer. At most 64 MiB are taken.
    awaitable<http_answer> get(std::string target);
    awaitable<http_answer> post(std::string target, std::string json);

private:
    net::runtime& rt_;
    master_place master_;
    net::clock::duration patience_;
};

/// The event stream of a master, message by message. Must outlive its calls, and so must `rt`.
class stream_client {
public:
    /// A master that is not heard for `patience` (it pings more often) counts as lost.
    stream_client(net::runtime& rt, master_place master,
                  net::clock::duration patience = std::chrono::seconds(45));
    ~stream_client();
    stream_client(const stream_client&) = delete;
    stream_client& operator=(const stream_client&) = delete;

    /// Opens the stream, once; `target` is for example "/api/v1/stream?after=812&instance=5c0f".
    awaitable<net::error_code> open(std::string target);
    /// The HTTP status with which `open` was declined, 0 when it was not.
    [[nodiscard]] unsigned refusal() const;

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
