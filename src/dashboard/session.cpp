#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "hub.hpp"
#include "stream_session.hpp"
#include "watchdog.hpp"
#include <array>
#include <optional>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using net::error_code;
using request_parser = http::request_parser<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t write_step = std::size_t{64} << 10;
/// What a client may still send that is read past after it was refused, so that it sees the answer.
constexpr std::size_t refused_bytes = std::size_t{1} << 20;

constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct connection {
    std::shared_ptr<hub> owner; // outlives the server when the whole execution context is destroyed
    hub& shared;
    tcp::socket socket;
    std::list<hub::connection>::iterator entry;
    watchdog guard;
    beast::flat_buffer buffer;

    connection(std::shared_ptr<hub> common, tcp::socket plain)
        : owner(std::move(common)), shared(*owner), socket(std::move(plain)),
          entry(shared.connections.insert(shared.connections.end(), {&socket, false})),
          guard(shared.rt, socket) {}

    ~connection() { shared.connections.erase(entry); }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
};

std::string_view view(beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

http_request summarize(const http::request<http::string_body>& request) {
    http_request result;
    result.method = view(request.method_string());
    result.target = view(request.target());
    result.host_headers = request.count(http::field::host);
    result.needs_host = request.version() >= 11;
    result.has_origin = request.count(http::field::origin) > 0;
    result.is_upgrade = beast::websocket::is_upgrade(request);
    result.host = view(request[http::field::host]);
    result.origin = view(request[http::field::origin]);
    result.content_type = view(request[http::field::content_type]);
    result.accept_encoding = view(request[http::field::accept_encoding]);
    result.if_none_match = view(request[http::field::if_none_match]);
    result.body = request.body();
    return result;
}

template <class Body>
awaitable<error_code> write_response(connection& to, http::response<Body>& response) {
    http::response_serializer<Body> serializer(response);
    serializer.limit(write_step);
    while (!serializer.is_done()) {
        to.guard.arm(to.shared.options.stall_timeout);
        auto [ec, sent] = co_await http::async_write_some(to.socket, serializer, as_result);
        if (ec) {
            co_return ec;
        }
    }
    to.guard.disarm();
    co_return error_code{};
}

/// True when the connection may go on.
awaitable<bool> write_reply(connection& to, const http_reply& reply, unsigned version, bool keep_alive,
                            bool is_head) {
    using span_body = http::span_body<const char>;
    http::response<span_body> response(http::int_to_status(reply.status), version);
    response.set(http::field::content_type, reply.content_type);
    response.set("Content-Security-Policy", content_security_policy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : reply.headers) {
        response.set(name, value);
    }
    response.keep_alive(keep_alive);
    const auto body = reply.body();
    if (reply.status != 304) {
        response.content_length(body.size());
    }
    error_code failed;
    if (is_head || reply.status == 304) {
        http::response<http::empty_body> head(response.base());
        failed = co_await write_response(to, head);
    } else {
        response.body() = span_body::value_type(body.data(), body.size());
        failed = co_await write_response(to, response);
    }
    co_return !failed && keep_alive;
}

/// Closes without cutting off an answer that the client has not read yet: a socket that is closed with
/// unread bytes resets the connection.
awaitable<void> close_gently(connection& with) {
    error_code ec;
    with.socket.shutdown(tcp::socket::shutdown_send, ec);
    with.guard.arm(with.shared.options.stop_timeout);
    std::array<char, 4096> ignored{};
    for (std::size_t total = 0; !ec && total < refused_bytes;) {
        auto [failed, bytes] = co_await with.socket.async_read_some(asio::buffer(ignored), as_result);
        ec = failed;
        total += bytes;
    }
    with.guard.disarm();
}

/// Waits for the next request's first byte. False when there will be none.
awaitable<bool> await_request(connection& from, bool is_first) {
    const auto& options = from.shared.options;
    if (from.buffer.size() > 0) {
        from.guard.arm(options.header_timeout);
        co_return !from.shared.is_stopping;
    }
    from.guard.arm(is_first ? options.header_timeout : options.idle_timeout);
    from.entry->is_idle = true;
    auto [ec] = co_await from.socket.async_wait(tcp::socket::wait_read, as_result);
    from.entry->is_idle = false;
    if (!is_first) {
        from.guard.arm(options.header_timeout);
    }
    co_return !ec && !from.shared.is_stopping;
}

awaitable<error_code> read_request(connection& from, request_parser& parser) {
    const auto& options = from.shared.options;
    parser.header_limit(static_cast<std::uint32_t>(options.header_bytes));
    parser.body_limit(options.body_bytes);
    auto [ec, bytes] = co_await http::async_read_header(from.socket, from.buffer, parser, as_result);
    if (ec || parser.is_done()) {
        from.guard.disarm();
        co_return ec;
    }
    from.guard.arm(options.body_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        auto [unsent, sent] = co_await asio::async_write(from.socket, asio::buffer(go_on), as_result);
        if (unsent) {
            co_return unsent;
        }
    }
    auto [cut_off, more] = co_await http::async_read(from.socket, from.buffer, parser, as_result);
    from.guard.disarm();
    co_return cut_off;
}

/// The answer to what is not a request, if one can be given.
std::optional<http_reply> refusal(error_code why) {
    if (why == http::error::body_limit) {
        return error_reply(413, "the body is too large; a command has at most 64 KiB");
    }
    if (why == http::error::header_limit) {
        return error_reply(431, "the header is too large");
    }
    const bool is_protocol = why.category() == make_error_code(http::error::bad_method).category();
    if (!is_protocol || why == http::error::end_of_stream || why == http::error::partial_message) {
        return std::nullopt;
    }
    return error_reply(400, "this is not HTTP/1.1: " + why.message());
}

awaitable<http_reply> run_command(hub& shared, master::command what) {
    std::string problem;
    try {
        const auto answer = co_await shared.commands(std::move(what));
        co_return command_reply(answer);
    } catch (const std::exception& failure) {
        problem = failure.what();
    }
    co_return error_reply(500, "the command failed: " + problem);
}

awaitable<http_reply> read_archive(hub& shared, archive_question what) {
    std::string problem;
    try {
        std::optional<std::string> found;
        if (shared.archive) {
            found = co_await shared.archive(std::move(what));
        }
        co_return found ? http_reply(std::move(*found)) : error_reply(404, "there is no such run");
    } catch (const std::exception& failure) {
        problem = failure.what();
    }
    co_return error_reply(500, "the history of runs cannot be read: " + problem);
}

/// Answers one request. False when it was the last one of this connection.
awaitable<bool> answer(connection& with, http::request<http::string_body> request) {
    auto& shared = with.shared;
    auto what = shared.routes.route(summarize(request), shared.rt.time.unix_time());
    if (auto* const wish = std::get_if<stream_request>(&what); wish != nullptr && !shared.is_stopping) {
        co_await serve_stream(shared, *with.entry, std::move(with.socket), std::move(request),
                              std::move(*wish));
        with.entry->socket = &with.socket;
        co_return false;
    }
    http_reply reply;
    if (auto* const command = std::get_if<master::command>(&what)) {
        reply = co_await run_command(shared, std::move(*command));
    } else if (auto* const question = std::get_if<archive_question>(&what)) {
        reply = co_await read_archive(shared, std::move(*question));
    } else if (auto* const ready = std::get_if<http_reply>(&what)) {
        reply = std::move(*ready);
    } else {
        reply = error_reply(503, "the master is ending");
    }
    const bool keep_alive = request.keep_alive() && !shared.is_stopping;
    const bool is_head = request.method() == http::verb::head;
    co_return co_await write_reply(with, reply, request.version(), keep_alive, is_head);
}

} // namespace

awaitable<void> serve_connection(std::shared_ptr<hub> shared, tcp::socket socket, bool overloaded) {
    co_await asio::this_coro::throw_if_cancelled(false);
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(tcp::socket::send_buffer_size(shared->options.socket_buffer_bytes), ignored);
    connection with(std::move(shared), std::move(socket));
    bool goes_on = co_await await_request(with, true);
    while (goes_on) {
        request_parser parser;
        const auto failed = co_await read_request(with, parser);
        if (failed || overloaded) {
            auto reply = failed ? refusal(failed)
                                : std::optional(error_reply(503, "too many connections; try again later"));
            if (reply) {
                co_await write_reply(with, *reply, 11, false, false);
                co_await close_gently(with);
            }
            co_return;
        }
        goes_on = co_await answer(with, parser.release());
        if (!goes_on && with.socket.is_open()) {
            co_await close_gently(with);
        }
        if (goes_on) {
            goes_on = co_await await_request(with, false);
        }
    }
}

} // namespace fedasio::dashboard
