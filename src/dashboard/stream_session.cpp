#include "stream_session.hpp"

#include <fedasio/net/nursery.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "watchdog.hpp"
#include <algorithm>
#include <exception>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using net::error_code;
using web_socket = websocket::stream<tcp::socket, false>; // false: no permessage-deflate

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// Bytes after which a client must have taken some, for the stall timeout to start anew.
constexpr std::size_t fragment_bytes = std::size_t{64} << 10;
constexpr int longest_silence = 3; // in ping intervals

struct peer {
    hub& shared;
    web_socket socket;
    int silence = 0; ///< ping intervals since it was last heard or took something

    peer(hub& common, tcp::socket plain) : shared(common), socket(std::move(plain)) { ++shared.streams; }

    ~peer() { --shared.streams; }

    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    void cut() {
        error_code ignored;
        socket.next_layer().close(ignored);
    }
};

awaitable<error_code> send(peer& to, watchdog& guard, shared_text text) {
    for (std::size_t at = 0; at < text->size();) {
        const auto size = std::min(fragment_bytes, text->size() - at);
        const bool is_last = at + size == text->size();
        const auto fragment = asio::buffer(text->data() + at, size);
        guard.arm(to.shared.options.stall_timeout);
        auto [ec, sent] = co_await to.socket.async_write_some(is_last, fragment, as_result);
        if (ec) {
            co_return ec;
        }
        to.silence = 0;
        at += size;
    }
    guard.disarm();
    co_return error_code{};
}

/// What a client gets next, from its place in the ring; moves the place.
shared_text next_message(hub& shared, std::uint64_t& place) {
    const auto& events = shared.folded.events();
    if (events.reaches_back_to(place) && events.bytes_after(place) <= shared.options.backlog_bytes) {
        return events.at(++place);
    }
    const auto& fresh = shared.folded.take_snapshot(shared.rt.time.unix_time());
    place = fresh.seq;
    return fresh.text;
}

shared_text first_message(hub& shared, const stream_request& wish, std::uint64_t& place) {
    const auto& events = shared.folded.events();
    const bool resumes = wish.after && wish.instance == shared.folded.instance() &&
                         events.reaches_back_to(*wish.after) &&
                         events.bytes_after(*wish.after) <= shared.options.backlog_bytes;
    if (!resumes) {
        const auto& fresh = shared.folded.take_snapshot(shared.rt.time.unix_time());
        place = fresh.seq;
        return fresh.text;
    }
    place = *wish.after;
    return std::make_shared<const std::string>(R"({"type":"resumed","instance":")" + wish.instance +
                                               R"(","seq":)" + std::to_string(place) + "}");
}

awaitable<void> write_events(peer& to, stream_request wish) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto& shared = to.shared;
    watchdog guard(shared.rt, to.socket.next_layer());
    std::uint64_t place = 0;
    auto text = first_message(shared, wish, place);
    for (;;) {
        const auto failed = co_await send(to, guard, std::move(text));
        if (failed) {
            to.cut();
            co_return;
        }
        while (place == shared.folded.events().newest()) {
            if (shared.is_stopping) {
                guard.arm(shared.options.stop_timeout);
                co_await to.socket.async_close(websocket::close_code::going_away, as_result);
                co_return;
            }
            const auto cancelled = co_await shared.changed.wait();
            if (cancelled) {
                co_return;
            }
        }
        text = next_message(shared, place);
    }
}

awaitable<void> beat(peer& to) {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        co_await net::sleep_for(to.shared.rt, to.shared.options.ping_interval);
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled) {
            co_return;
        }
        if (++to.silence == longest_silence) {
            to.cut();
            co_return;
        }
        auto [ec] = co_await to.socket.async_ping({}, as_result);
        if (ec) {
            co_return;
        }
    }
}

awaitable<void> read_until_closed(peer& from) {
    boost::beast::flat_buffer ignored;
    for (;;) {
        auto [ec, bytes] = co_await from.socket.async_read(ignored, as_result);
        if (ec) {
            co_return;
        }
        from.silence = 0;
        ignored.clear();
    }
}

} // namespace

awaitable<void> serve_stream(hub& shared, hub::connection& entry, tcp::socket socket,
                             boost::beast::http::request<boost::beast::http::string_body> request,
                             stream_request wish) {
    peer client(shared, std::move(socket));
    entry.socket = &client.socket.next_layer();
    client.socket.read_message_max(shared.options.stream_message_bytes);
    client.socket.auto_fragment(false);
    client.socket.text(true);
    client.socket.control_callback([&client](auto /*kind*/, auto /*text*/) { client.silence = 0; });
    watchdog guard(shared.rt, client.socket.next_layer());
    guard.arm(shared.options.header_timeout);
    auto [refused] = co_await client.socket.async_accept(request, as_result);
    guard.disarm();
    if (refused) {
        co_return;
    }
    net::nursery children(shared.rt.executor, [&client](const std::exception_ptr&) { client.cut(); });
    children.spawn(write_events(client, std::move(wish)));
    children.spawn(beat(client));
    co_await read_until_closed(client);
    client.cut();
    children.cancel();
    co_await children.join();
}

} // namespace fedasio::dashboard
