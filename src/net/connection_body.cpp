#include <fedasio/net/connection.hpp>
#include <fedasio/text/printable.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace fedasio::net {
namespace {

// So little that it is still in the processor's cache for its checksum; and others wait for this thread.
constexpr std::size_t checksum_step = std::size_t{256} << 10;

} // namespace

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
    try {
        auto body = options_.make_body(bytes);
        if (body.size() == bytes) {
            return body;
        }
    } catch (const std::bad_alloc&) { // said below
    }
    fail(errc::no_memory, "no memory for a body of " + text::size_text(bytes));
    return {};
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
