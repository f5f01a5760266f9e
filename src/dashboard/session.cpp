#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "access.hpp"
#include "carry_out.hpp"
#include "counted_up.hpp"
#include "gzip.hpp"
#include "hub.hpp"
#include "stream_session.hpp"
#include "watchdog.hpp"
#include <algorithm>
#include <array>
#include <optional>
#include <string>
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

/// What a header alone may take before it is known whose it is.
constexpr std::size_t first_bytes = 1024;

/// Shorter bodies are always read: who logs in or checks a plan does not wait for others' pictures.
constexpr std::size_t small_body_bytes = std::size_t{64} << 10;

/// Shorter answers fit into few packets as they are.
constexpr std::size_t least_packed_bytes = std::size_t{4} << 10;

struct connection {
    std::shared_ptr<hub> owner; // outlives the server when the whole execution context is destroyed
    hub& shared;
    wire line;
    std::string address;
    std::list<hub::connection>::iterator entry;
    watchdog guard;
    beast::flat_buffer buffer;

    connection(std::shared_ptr<hub> common, std::unique_ptr<net::stream> below)
        : owner(std::move(common)), shared(*owner), line(shared.rt.executor, std::move(below)),
          address(line.below().remote()),
          entry(shared.connections.insert(shared.connections.end(), {&line, false})), guard(shared.rt, line) {
    }

    ~connection() { shared.connections.erase(entry); }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
};

/// A request, once its header is known: whose it is, and what it may go on to.
struct arrival {
    http::request<http::string_body> request;
    gate::decision decision;
    bool is_whole = false; ///< nothing of its body was left unread
    error_code failed;
};

std::string_view view(beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

http_request summarize(const http::request<http::string_body>& request, const gate& entrance) {
    http_request result;
    result.method = view(request.method_string());
    result.target = entrance.own_target(view(request.target()));
    result.host_headers = request.count(http::field::host);
    result.needs_host = request.version() >= 11;
    result.origin_headers = request.count(http::field::origin);
    result.is_upgrade = beast::websocket::is_upgrade(request);
    result.host = view(request[http::field::host]);
    result.origin = view(request[http::field::origin]);
    result.content_type = view(request[http::field::content_type]);
    result.accept_encoding = view(request[http::field::accept_encoding]);
    result.if_none_match = view(request[http::field::if_none_match]);
    result.authorization = view(request[http::field::authorization]);
    result.cookie = view(request[http::field::cookie]);
    result.fetch_site = view(request["Sec-Fetch-Site"]);
    for (auto [it, end] = request.equal_range("X-Forwarded-For"); it != end; ++it) {
        result.forwarded_for = view(it->value());
    }
    result.body = request.body();
    return result;
}

template <class Body>
awaitable<error_code> write_response(connection& to, http::response<Body>& response, std::size_t bytes) {
    const auto& limits = to.shared.options;
    auto& time = to.shared.rt.time;
    const auto too_slow = time.now() + limits.stall_timeout +
                          std::chrono::seconds(bytes / std::max<std::size_t>(limits.least_bytes_a_second, 1));
    http::response_serializer<Body> serializer(response);
    serializer.limit(write_step);
    while (!serializer.is_done()) {
        to.guard.arm(std::min<net::clock::duration>(limits.stall_timeout, too_slow - time.now()));
        auto [ec, sent] = co_await http::async_write_some(to.line, serializer, as_result);
        if (ec) {
            co_return ec;
        }
    }
    to.guard.disarm();
    co_return error_code{};
}

/// Packs what is worth it. Weights and the page's files are not: they are packed already, or do not shrink.
awaitable<void> pack(http_reply& reply) {
    const bool is_file = !reply.bytes.empty() || reply.content_type == "application/octet-stream";
    if (is_file || reply.text.size() < least_packed_bytes || reply.status != 200) {
        co_return;
    }
    reply.text = co_await gzip(reply.text);
    reply.headers.emplace_back("Content-Encoding", "gzip");
    reply.headers.emplace_back("Vary", "Accept-Encoding");
}

/// True when the connection may go on.
awaitable<bool> write_reply(connection& to, http_reply reply, unsigned version, bool keep_alive, bool is_head,
                            bool takes_gzip) {
    const bool too_much = to.shared.bytes_to_send + reply.text.size() > to.shared.options.answer_bytes;
    if (too_much && to.shared.bytes_to_send > 0) {
        reply = error_reply(503, "other clients are too slow to take their answers; try again later");
    }
    const counted_up counted(to.shared.bytes_to_send, reply.text.size());
    if (takes_gzip) {
        co_await pack(reply);
    }
    using span_body = http::span_body<const char>;
    http::response<span_body> response(http::int_to_status(reply.status), version);
    response.set(http::field::content_type, reply.content_type);
    response.set("Content-Security-Policy", to.shared.content_policy);
    response.set("X-Content-Type-Options", "nosniff");
    if (!to.shared.may_be_framed) {
        response.set("X-Frame-Options", "DENY");
    }
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Opener-Policy", "same-origin");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
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
        failed = co_await write_response(to, head, 0);
    } else {
        response.body() = span_body::value_type(body.data(), body.size());
        failed = co_await write_response(to, response, body.size());
    }
    co_return !failed && keep_alive;
}

/// Closes without cutting off an answer that the client has not read yet: a socket that is closed with
/// unread bytes resets the connection.
awaitable<void> close_gently(connection& with) {
    with.line.shutdown_send();
    with.guard.arm(with.shared.options.stop_timeout);
    std::array<char, 4096> ignored{};
    error_code ec;
    for (std::size_t total = 0; !ec && total < refused_bytes;) {
        auto [failed, bytes] = co_await with.line.async_read_some(asio::buffer(ignored), as_result);
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
    auto [ec, bytes] = co_await from.line.async_read_some(from.buffer.prepare(first_bytes), as_result);
    from.buffer.commit(bytes);
    from.entry->is_idle = false;
    if (!is_first) {
        from.guard.arm(options.header_timeout);
    }
    co_return !ec && !from.shared.is_stopping;
}

awaitable<error_code> read_body(connection& from, request_parser& parser) {
    from.guard.arm(from.shared.options.body_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        auto [unsent, sent] = co_await asio::async_write(from.line, asio::buffer(go_on), as_result);
        if (unsent) {
            co_return unsent;
        }
    }
    auto [cut_off, more] = co_await http::async_read(from.line, from.buffer, parser, as_result);
    co_return cut_off;
}

/// What is coded otherwise has no end that could be told, so what follows it must not be read as a request.
bool has_unknown_coding(const http::request<http::string_body>& request) {
    const auto codings = request.count(http::field::transfer_encoding);
    return codings > 1 ||
           (codings == 1 && !beast::iequals(request[http::field::transfer_encoding], "chunked"));
}

/// How long a body may be.
std::size_t most_of(const gate::decision& decided, const server_options& options) {
    return decided.from.who ? std::clamp(decided.body_bytes, options.strangers_body_bytes, options.body_bytes)
                            : options.strangers_body_bytes;
}

/// Reads a request, its body only if the gate lets it in.
awaitable<arrival> read_request(connection& from) {
    const auto& options = from.shared.options;
    arrival result;
    request_parser parser;
    parser.header_limit(static_cast<std::uint32_t>(options.header_bytes));
    parser.body_limit(options.body_bytes);
    auto [ec, bytes] = co_await http::async_read_header(from.line, from.buffer, parser, as_result);
    result.failed = ec;
    if (!ec && has_unknown_coding(parser.get())) {
        result.failed = http::error::bad_transfer_encoding;
    }
    if (!result.failed) {
        result.decision =
            from.shared.entrance.admit(summarize(parser.get(), from.shared.entrance), from.address);
    }
    const bool is_body_wanted = !result.failed && !result.decision.reply && !parser.is_done();
    if (is_body_wanted) {
        const auto most = most_of(result.decision, options);
        parser.body_limit(most);
        if (parser.content_length().value_or(0) > most) {
            result.failed = http::error::body_limit;
        }
    }
    if (is_body_wanted && !result.failed) {
        const auto most = result.decision.needs == access::operators
                              ? 0
                              : parser.content_length().value_or(most_of(result.decision, options));
        const auto counts = most > small_body_bytes ? most : 0;
        auto& shared = from.shared;
        if (counts > 0 && shared.bytes_to_read + counts > options.viewers_bodies_bytes) {
            result.decision.reply = busy_reply("others are sending too much at once: try again");
        } else {
            const counted_up counted(shared.bytes_to_read, counts);
            result.failed = co_await read_body(from, parser);
        }
    }
    from.guard.disarm();
    result.is_whole = parser.is_done();
    result.request = parser.release();
    co_return std::move(result);
}

/// The answer to what is not a request, if one can be given.
std::optional<http_reply> refusal(error_code why) {
    if (why == http::error::body_limit) {
        return error_reply(413, "the body is too large");
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

/// Answers one request. False when it was the last one of this connection.
awaitable<bool> answer(connection& with, arrival came) {
    auto& shared = with.shared;
    const auto& from = came.decision.from;
    const auto asked = summarize(came.request, shared.entrance);
    http_reply reply;
    if (came.decision.reply) {
        reply = std::move(*came.decision.reply);
    } else if (came.decision.needs == access::operators) {
        reply = co_await command(shared, from, asked);
    } else {
        auto what = shared.routes.route(asked, shared.rt.time.unix_time());
        if (auto* const wish = std::get_if<stream_request>(&what); wish != nullptr && !shared.is_stopping) {
            co_await serve_stream(shared, with.line, std::move(came.request), std::move(*wish),
                                  shared.entrance.end_of(from));
            with.line.close();
            co_return false;
        }
        reply = co_await carry_out(shared, from, asked, std::move(what));
    }
    if (!from.renewed_cookie.empty()) {
        reply.headers.emplace_back("Set-Cookie", from.renewed_cookie);
    }
    const bool keep_alive = came.is_whole && came.request.keep_alive() && !shared.is_stopping;
    const bool is_head = came.request.method() == http::verb::head;
    co_return co_await write_reply(with, std::move(reply), came.request.version(), keep_alive, is_head,
                                   accepts_gzip(asked.accept_encoding));
}

/// The stream to speak HTTP over; empty when the peer did not manage TLS.
awaitable<std::unique_ptr<net::stream>> prove(hub& shared, std::unique_ptr<net::stream> fresh) {
    const auto& handshake = shared.entrance.handshake();
    if (!handshake) {
        co_return std::move(fresh);
    }
    auto proved = co_await handshake(std::move(fresh));
    co_return std::move(proved.connection);
}

} // namespace

awaitable<void> serve_connection(std::shared_ptr<hub> shared, std::unique_ptr<net::stream> fresh,
                                 bool overloaded) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto proved = co_await prove(*shared, std::move(fresh));
    if (!proved || shared->is_stopping) {
        co_return;
    }
    connection with(std::move(shared), std::move(proved));
    bool goes_on = co_await await_request(with, true);
    while (goes_on) {
        auto came = co_await read_request(with);
        if (came.failed || overloaded) {
            auto reply = came.failed
                             ? refusal(came.failed)
                             : std::optional(error_reply(503, "too many connections; try again later"));
            if (reply) {
                co_await write_reply(with, std::move(*reply), 11, false, false, false);
                co_await close_gently(with);
            }
            co_return;
        }
        goes_on = co_await answer(with, std::move(came));
        if (!goes_on && with.line.is_open()) {
            co_await close_gently(with);
        }
        if (goes_on) {
            goes_on = co_await await_request(with, false);
        }
    }
}

} // namespace fedasio::dashboard
