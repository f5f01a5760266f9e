#include "stream_session.hpp"

#include <fedasio/net/nursery.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "watchdog.hpp"
#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using web_socket = websocket::stream<wire&, true>; // true: with permessage-deflate

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// Bytes after which a client must have taken some, for the stall timeout to start anew.
constexpr std::size_t fragment_bytes = std::size_t{64} << 10;
constexpr int longest_silence = 3; // in ping intervals
/// The session of whoever listens is over (docs/api.md).
constexpr auto session_is_over = static_cast<websocket::close_code>(4401);

struct peer {
    hub& shared;
    web_socket socket;
    int silence = 0; ///< ping intervals since it was last heard or took something
    bool is_expired = false;

    peer(hub& common, wire& line) : shared(common), socket(line) { ++shared.streams; }

    ~peer() { --shared.streams; }

    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    void cut() { socket.next_layer().close(); }
};

/// Snapshots only, to those that offer it: each reader packs for itself, which batches are too many for. It
/// remembers nothing from message to message and sees 4 KiB, so a stream takes about 40 KiB for it.
websocket::permessage_deflate packing(const server_options& options) {
    websocket::permessage_deflate result;
    result.server_enable = true;
    result.server_no_context_takeover = true;
    result.client_no_context_takeover = true;
    result.server_max_window_bits = 12;
    result.client_max_window_bits = 9;
    result.compLevel = 2;
    result.memLevel = 4;
    result.msg_size_threshold = options.stream_batch_bytes + 1;
    return result;
}

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
shared_text next_message(hub& shared, std::uint64_t& place, bool in_batches) {
    const auto& events = shared.folded.events();
    if (events.reaches_back_to(place) && events.bytes_after(place) <= shared.options.backlog_bytes) {
        return in_batches ? shared.batch_after(place) : events.at(++place);
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
        while (to.is_expired || place == shared.folded.events().newest()) {
            if (to.is_expired || shared.is_stopping) {
                guard.arm(shared.options.stop_timeout);
                const auto why = to.is_expired ? session_is_over : websocket::close_code::going_away;
                co_await to.socket.async_close(why, as_result);
                co_return;
            }
            auto& news = wish.in_batches ? shared.paced : shared.changed;
            const auto cancelled = co_await news.wait();
            if (cancelled) {
                co_return;
            }
        }
        text = next_message(shared, place, wish.in_batches);
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

awaitable<void> serve_stream(hub& shared, wire& line,
                             boost::beast::http::request<boost::beast::http::string_body> request,
                             stream_request wish, std::optional<net::clock::time_point> end) {
    peer client(shared, line);
    client.socket.read_message_max(shared.options.stream_message_bytes);
    client.socket.set_option(packing(shared.options));
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
    std::unique_ptr<net::alarm> last_call;
    if (end) {
        last_call = shared.rt.time.at(*end, [&client] {
            client.is_expired = true;
            client.shared.wake();
        });
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
