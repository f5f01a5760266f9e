#pragma once

#include <fedasio/master/events.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>

namespace fedasio::dashboard {

/// A text that many readers share.
using shared_text = std::shared_ptr<const std::string>;

/// An event as its JSON text. Of the types of which every round brings some for each client, the text is made
/// when it is asked for: where nobody watches, nobody does.
class told_event {
public:
    explicit told_event(const master::event& happened);

    explicit told_event(std::string text) : content_(std::make_shared<const std::string>(std::move(text))) {}

    [[nodiscard]] const shared_text& text() const;
    /// Bytes of the text, or about as many.
    [[nodiscard]] std::size_t size() const noexcept;

private:
    /// What is kept of an event whose text is not made yet.
    struct unread {
        std::uint64_t seq;
        double time;
        std::variant<master::worker_state_changed, master::client_updated> what;
    };

    mutable std::variant<shared_text, unread> content_;
};

/// The latest events, bounded by count and by bytes. It is the queue of every stream client at once: a client
/// is a position in it, so a slow one costs no memory of its own.
class event_ring {
public:
    event_ring(std::size_t max_events, std::size_t max_bytes);

    /// Keeps the event and drops the oldest ones that no longer fit; the newest always stays. A number that
    /// does not follow the last one empties the ring first.
    void push(std::uint64_t seq, told_event event);

    /// The number of the oldest event kept; one more than `newest` when there is none.
    [[nodiscard]] std::uint64_t oldest() const noexcept { return newest_ + 1 - entries_.size(); }

    /// The number of the last event; 0 before the first.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

    /// Whether every event after number `seq` is kept.
    [[nodiscard]] bool reaches_back_to(std::uint64_t seq) const noexcept {
        return seq <= newest_ && seq + 1 >= oldest();
    }

    /// The event of that number, which must be kept.
    [[nodiscard]] const shared_text& at(std::uint64_t seq) const;
    /// Bytes of all events after number `seq`, which the ring must reach back to; as `told_event::size` has
    /// them.
    [[nodiscard]] std::size_t bytes_after(std::uint64_t seq) const;

    [[nodiscard]] std::size_t bytes() const noexcept { return total_ - dropped_; }

private:
    struct entry {
        told_event event;
        std::size_t end; // bytes ever pushed, up to and with this one
    };

    std::deque<entry> entries_;
    std::size_t max_events_;
    std::size_t max_bytes_;
    std::uint64_t newest_ = 0;
    std::size_t total_ = 0;
    std::size_t dropped_ = 0;
};

} // namespace fedasio::dashboard
