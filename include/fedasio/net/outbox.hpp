#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/frame.hpp>

#include <boost/container/devector.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace fedasio::net {

/// The bounded queue between those who send and the one writer of a connection. It is full when it holds
/// `capacity` bytes or more, so one frame may overshoot: a frame larger than the capacity must still pass.
class outbox {
public:
    outbox(asio::any_io_executor executor, std::size_t capacity_bytes);

    /// False when full or closed.
    [[nodiscard]] bool push(encoded_frame item);

    /// Of the frame that was pushed last, for `withdraw`.
    [[nodiscard]] std::uint64_t last_place() const noexcept { return popped_ + items_.size(); }

    /// Takes a frame out that need not be sent any more. False when it is on its way already.
    bool withdraw(std::uint64_t place);
    /// Waits, then moves up to `most` frames into `into`, but none after so many bytes that they take a
    /// moment: what still stands here can be withdrawn. False when it is closed and empty, or on
    /// cancellation.
    awaitable<bool> pop(std::vector<encoded_frame>& into, std::size_t most);
    /// Waits until there is room, or the outbox is closed, or the caller is cancelled.
    awaitable<void> writable();
    /// What is queued still goes out; nothing more comes in.
    void close();
    /// Drops what is queued and closes.
    void abort();

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] bool has_room() const noexcept { return bytes_ < capacity_; }

    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }

private:
    void drop_withdrawn();

    // An empty one has no memory before the first frame, and little later: a std::deque has half a kilobyte.
    boost::container::devector<std::optional<encoded_frame>> items_; ///< empty: withdrawn
    std::uint64_t popped_ = 0;
    std::size_t capacity_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
    event readable_;
    event writable_;
};

} // namespace fedasio::net
