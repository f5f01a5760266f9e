#pragma once

#include <fedasio/dashboard/client.hpp>
#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/events.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A server on a real loopback socket, with a clock that stands still unless told.
namespace live {

namespace asio = boost::asio;
using fedasio::net::awaitable;

class manual_clock final : public fedasio::net::clock {
public:
    [[nodiscard]] time_point now() const override { return now_; }

    [[nodiscard]] double unix_time() const override {
        return 1000 + std::chrono::duration<double>(now_.time_since_epoch()).count();
    }

    [[nodiscard]] std::unique_ptr<fedasio::net::alarm> at(time_point when,
                                                          std::function<void()> action) override;
    /// Calls what is due on the way.
    void advance(duration by);

    /// How many alarms stand exactly `from_now` ahead.
    [[nodiscard]] std::size_t standing(duration from_now) const { return alarms_.count(now_ + from_now); }

private:
    using alarms = std::multimap<time_point, std::function<void()>>;

    time_point now_{};
    alarms alarms_;
};

struct fixture {
    manual_clock time;
    asio::io_context context{1};
    fedasio::net::runtime rt{context.get_executor(), time, [] { return 0x5c0fULL; }};
    fedasio::master::event_source events{time};
    std::vector<fedasio::master::command> commands;
    fedasio::dashboard::server_options options;
    fedasio::dashboard::archive_reader archive;
    fedasio::dashboard::server_protection protection;
    std::string listen = "127.0.0.1:0";
    std::unique_ptr<fedasio::dashboard::server> server;
    bool server_ended = false;

    /// Starts the server, runs the scenario beside it, stops the server, and checks that nothing is left.
    void run(awaitable<void> (*scenario)(fixture&));

    void start();
    void notice(std::string text);

    [[nodiscard]] fedasio::net::address address() const { return server->local(); }

    [[nodiscard]] std::string host() const { return address().to_string(); }
};

/// Lets everything else run until `condition` holds.
awaitable<void> until(std::function<bool()> condition);

struct response {
    unsigned status = 0;
    std::string head;
    std::string body;

    /// The value of a header, or "(none)".
    [[nodiscard]] std::string header(std::string_view name) const;
};

/// A connection on which a test says exactly what it wants.
class raw_connection {
public:
    explicit raw_connection(fixture& with);

    awaitable<void> connect(int receive_buffer = 0);
    awaitable<void> send(std::string bytes);
    /// Reads one answer; `has_body` is false for an answer to HEAD.
    awaitable<response> receive(bool has_body = true);
    /// Reads so many bytes more, whatever they are.
    awaitable<void> take(std::size_t bytes);
    /// True when the other side closes without another byte.
    awaitable<bool> ends();
    /// One whole message (text) of a WebSocket; empty at the end of the stream.
    awaitable<std::string> receive_message();

    /// With which the other side ended the stream; 0: it did not say.
    [[nodiscard]] unsigned close_code() const { return close_code_; }

    void close();

private:
    awaitable<bool> fill(std::size_t size);

    asio::ip::tcp::endpoint peer_;
    asio::ip::tcp::socket socket_;
    std::string buffer_;
    unsigned close_code_ = 0;
};

/// "GET target" with Host and what else is given, each line ending in \r\n.
std::string get(const fixture& from, std::string_view target, std::string_view headers = "");
std::string post(const fixture& to, std::string_view body, std::string_view headers);
/// A request to open the stream.
std::string upgrade(const fixture& from, std::string_view target, std::string_view headers = "");

/// What zlib has packed: 16 + 15 bits for a gzip file, -N for raw deflate in a window of N bits (whose end
/// may be missing).
std::string unpacked(std::string_view text, int window_bits);

/// One request on a connection of its own.
awaitable<response> ask(fixture& from, std::string request);

} // namespace live
