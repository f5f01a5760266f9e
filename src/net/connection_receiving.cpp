#include <fedasio/net/connection.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace fedasio::net {
namespace {

// Head and meta of an update, and of most requests. Each of ten thousand peers has one.
constexpr std::size_t read_ahead_size = 512;
constexpr std::size_t skipped_at_once = 2048;
// So little that it is still in the processor's cache for its checksum; and others wait for this thread.
constexpr std::size_t checksum_step = std::size_t{256} << 10;

std::string describe_type(const frame_header& header) {
    return "frame of type " + std::to_string(header.type);
}

std::string over_limit(const frame_header& header, const char* part, std::size_t length, std::size_t limit) {
    return describe_type(header) + " announces a " + part + " of " + std::to_string(length) +
           " bytes; at most " + std::to_string(limit) + " are accepted now";
}

} // namespace

awaitable<void> connection::read_loop() {
    co_await asio::this_coro::throw_if_cancelled(false);
    try {
        co_await read_frames();
    } catch (const std::bad_alloc&) {
        fail(errc::no_memory, "no memory for what it sent");
    }
}

awaitable<void> connection::read_frames() {
    for (;;) {
        frame received;
        const bool whole = co_await read_frame(received);
        // It may have ended while the last bytes were on their way here.
        if (!whole || over_) {
            co_return;
        }
        dispatch(std::move(received));
    }
}

awaitable<bool> connection::read_frame(frame& into) {
    std::array<std::byte, frame_header::size> head;
    reading_since_ = clock::time_point::max();
    patience_ = {};
    const bool have_head = co_await read_exactly(head, true);
    if (!have_head) {
        co_return false;
    }
    const auto decoded = frame_header::decode(head);
    if (!decoded) {
        co_return fail(decoded.error());
    }
    const auto& header = *decoded;
    into.type = header.type;
    into.is_reply = (header.flags & frame_header::flag_reply) != 0;
    into.is_refusal = (header.flags & frame_header::flag_refusal) != 0;
    into.correlation = header.correlation;

    frame_limits limits = options_.limits;
    bool wanted = true;
    arrival_handler on_arrival;
    if (into.is_reply) {
        const auto asked = pending_.find(header.correlation);
        if (asked == pending_.end() || asked->second.type != header.type) {
            co_return fail(errc::unexpected_reply, describe_type(header));
        }
        limits = asked->second.limits;
        limits.meta = std::max(limits.meta, options_.limits.meta);
        wanted = static_cast<bool>(asked->second.handler);
        if (wanted && header.body_length > 0) {
            on_arrival = asked->second.on_arrival;
        }
    }
    if (header.meta_length > limits.meta) {
        co_return fail(errc::meta_too_large, over_limit(header, "meta", header.meta_length, limits.meta));
    }
    if (header.body_length > limits.body) {
        co_return fail(errc::body_too_large, over_limit(header, "body", header.body_length, limits.body));
    }

    std::vector<std::byte> meta(header.meta_length);
    const bool have_meta = co_await read_exactly(meta);
    if (!have_meta) {
        co_return false;
    }
    auto parsed = decode_meta(head, meta);
    if (!parsed) {
        co_return fail(parsed.error(), describe_type(header));
    }
    into.meta = std::move(*parsed);
    if (header.body_length == 0) {
        co_return true;
    }
    auto handed_over = wire_->handed_over();
    if (!wanted && !handed_over) {
        co_return co_await skip(header.body_length);
    }
    // It may have been forgotten while its meta arrived.
    if (on_arrival && is_wanted(header)) {
        on_arrival();
    }
    if (handed_over) {
        bytes_received_ += handed_over->size();
        into.body = *std::move(handed_over);
        co_return true;
    }
    co_return co_await read_body(header, into);
}

// What is small is read ahead into one small buffer, so that a short frame costs one system call; what is
// large goes straight to its place.
awaitable<bool> connection::read_exactly(std::span<std::byte> into, bool between_frames) {
    std::size_t done = 0;
    while (done < into.size()) {
        if (read_begin_ < read_end_) {
            const auto ready = std::min(read_end_ - read_begin_, into.size() - done);
            std::memcpy(into.data() + done, read_ahead_.data() + read_begin_, ready);
            read_begin_ += ready;
            done += ready;
            continue;
        }
        const bool direct = into.size() - done >= read_ahead_size;
        if (!direct && read_ahead_.empty()) {
            read_ahead_.resize(read_ahead_size);
        }
        const auto target = direct ? into.subspan(done) : std::span(read_ahead_);
        const asio::mutable_buffer memory(target.data(), target.size());
        const auto got = co_await wire_->read_some(memory);
        if (got.error) {
            const bool at_end = got.error == asio::error::eof;
            if (at_end && goodbye_) {
                co_return fail(errc::closed_by_peer, *goodbye_);
            }
            if (at_end && closing_since_ != clock::time_point::max()) {
                co_return fail(errc::closed, detail_);
            }
            const bool inside = !between_frames || done > 0;
            co_return fail(at_end && inside ? error_code(errc::truncated) : got.error,
                           at_end && !inside ? "closed without a goodbye" : "");
        }
        last_received_ = rt_.time.now();
        if (reading_since_ == clock::time_point::max()) {
            reading_since_ = last_received_;
            reading_from_ = bytes_received_;
        }
        bytes_received_ += got.bytes;
        if (direct) {
            done += got.bytes;
        } else {
            read_begin_ = 0;
            read_end_ = got.bytes;
        }
    }
    co_return true;
}

awaitable<bool> connection::skip(std::size_t bytes) {
    std::array<std::byte, skipped_at_once> waste;
    while (bytes > 0) {
        const auto part = std::min(bytes, waste.size());
        const bool have = co_await read_exactly(std::span(waste).first(part));
        if (!have) {
            co_return false;
        }
        bytes -= part;
    }
    co_return true;
}

/// Somebody waits for it, or it is no reply.
bool connection::is_wanted(const frame_header& header) const {
    if ((header.flags & frame_header::flag_reply) == 0) {
        return true;
    }
    const auto asked = pending_.find(header.correlation);
    return asked != pending_.end() && asked->second.handler;
}

/// Empty if there is none.
buffer connection::memory_for(std::size_t bytes) {
    buffer body;
    try {
        body = options_.make_body(bytes);
    } catch (const std::bad_alloc&) {
        body = buffer();
    }
    if (body.size() != bytes) {
        fail(errc::no_memory, "no memory for a body of " + text::size_text(bytes));
        return {};
    }
    return body;
}

/// The next of the body, of which so much is done.
awaitable<bool> connection::read_part(buffer& body, std::size_t& done, std::uint32_t& checksum,
                                      receive_window::place* place) {
    const auto part = body.bytes().subspan(done, std::min(checksum_step, body.size() - done));
    const bool have_part = co_await read_exactly(part);
    if (have_part) {
        checksum = crc32c(part, checksum);
        done += part.size();
        if (place != nullptr) {
            place->came(part.size());
        }
        if (place == nullptr || place->has_room()) {
            patience_ = {};
        }
    }
    co_return have_part;
}

awaitable<bool> connection::read_body(const frame_header& header, frame& into) {
    buffer body;
    std::size_t done = 0;
    std::uint32_t checksum = 0;
    if (options_.window) {
        const bool may_read = co_await wait_for_room(header, body, done, checksum);
        if (!may_read) {
            co_return false;
        }
        if (!is_wanted(header)) {
            place_.reset();
            body = {};
            co_return co_await skip(header.body_length - done);
        }
    }
    const auto place = std::exchange(place_, nullptr);
    if (body.size() == 0) {
        body = memory_for(header.body_length);
    }
    while (!over_ && done < body.size()) {
        const bool have_part = co_await read_part(body, done, checksum, place.get());
        if (!have_part) {
            co_return false;
        }
    }
    if (over_) {
        co_return false;
    }
    into.body = payload(std::move(body), checksum, place);
    const bool is_unchecked = header.body_checksum == 0 && options_.allows_unchecked_bodies;
    if (!is_unchecked && checksum != header.body_checksum) {
        co_return fail(errc::bad_checksum, "body of a frame of type " + std::to_string(header.type));
    }
    co_return true;
}

/// Until there is room in the window, or nobody waits for the body any more. A sender from whom nobody takes
/// a byte for long would take this side for dead, so a little is read now and then. False if the connection
/// is over.
awaitable<bool> connection::wait_for_room(const frame_header& header, buffer& body, std::size_t& done,
                                          std::uint32_t& checksum) {
    const auto place = options_.window->enter(header.body_length);
    place_ = place;
    auto next_read = rt_.time.now() + options_.stall_timeout / 3;
    while (!place->has_room() && done < header.body_length && !over_ && is_wanted(header)) {
        place->turn().reset();
        const auto alarm = rt_.time.at(next_read, [&place] { place->turn().set(); });
        const auto cancelled = co_await place->turn().wait();
        if (cancelled) {
            co_return fail(cancelled);
        }
        const auto now = rt_.time.now();
        last_received_ = reading_since_ = now;
        reading_from_ = bytes_received_;
        if (now < next_read || over_ || place->has_room()) {
            continue;
        }
        next_read = now + options_.stall_timeout / 3;
        if (body.size() == 0) {
            body = memory_for(header.body_length);
        }
        const bool have_part = co_await read_part(body, done, checksum, place.get());
        if (!have_part) {
            co_return false;
        }
    }
    co_return !over_;
}

} // namespace fedasio::net
