#pragma once

#include <fedasio/net/frame.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/outbox.hpp>
#include <fedasio/net/receive_window.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace fedasio::net {

struct connection_options {
    /// How often a peer is pinged; five times as long where within it bytes went both ways.
    clock::duration heartbeat_interval = std::chrono::seconds(1);
    /// A peer from which no byte came for so long is lost.
    clock::duration heartbeat_timeout = std::chrono::seconds(3);
    /// A peer that takes no byte for so long while something waits for it is dropped. So is one that has
    /// begun a frame and brings less than 16 KiB of it in this time: its heartbeats cannot reach anybody
    /// meanwhile, or are what fills a frame whose length was damaged.
    clock::duration stall_timeout = std::chrono::seconds(30);
    /// Bytes that may wait for a slow peer before it is dropped.
    std::size_t outbox_bytes = std::size_t{16} << 20;
    /// What is accepted from the peer unasked. Replies have limits of their own, named by whoever asks.
    frame_limits limits;
    /// A body checksum of 0 says that the peer did not compute it. Only for streams within one machine, where
    /// nothing is damaged on the way.
    bool allows_unchecked_bodies = false;
    /// Where the bodies that the peer sends wait for room, together with those of others; none: they do not
    /// wait. What waits is no silence: the peer is neither lost nor slow meanwhile, and may take as long
    /// again, at most `stall_timeout`, to go on.
    std::shared_ptr<receive_window> window;
    /// Makes the memory for the body of a frame; std::bad_alloc ends the connection. Tests let it fail.
    std::function<buffer(std::size_t bytes)> make_body = [](std::size_t bytes) { return buffer(bytes); };
};

/// How one asked peer answered.
enum class outcome { reply, refused, timed_out, lost, not_needed, cancelled };

[[nodiscard]] const char* to_string(outcome what) noexcept;

struct answer {
    outcome result = outcome::lost;
    frame reply;        ///< the reply or the refusal
    std::string code;   ///< refused: a short word for programs
    std::string reason; ///< refused or lost: a sentence for people
};

/// One peer: a reader, a writer with a bounded queue, and heartbeats, over any stream. Lives on its runtime's
/// thread.
///
/// A malformed frame, a silent peer, a full queue or a body for which there is no memory ends this
/// connection, and only this one, with an error that says why. Create with `std::make_shared`.
class connection : public std::enable_shared_from_this<connection> {
public:
    /// Requests to a peer that may wait for their answers before there is no room for another.
    static constexpr std::size_t most_unanswered = 4096;

    /// Gets every request and notice of the peer, in order. Must not throw; replies may come later.
    using frame_handler = std::function<void(frame)>;
    using answer_handler = std::function<void(answer)>;
    /// Is told that the body of a reply begins to arrive.
    using arrival_handler = std::function<void()>;

    connection(runtime& rt, std::unique_ptr<stream> wire, connection_options options = {},
               frame_handler on_frame = {});
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    /// Reads, writes and beats until the connection is over; returns why. `errc::closed` and
    /// `errc::closed_by_peer` are the graceful ends. A caller that is cancelled makes it say goodbye first.
    /// Call once.
    awaitable<error_code> run();
    /// `run` in the background; the connection keeps itself alive until it is over.
    void start();
    /// Waits until `run` has ended, then gives its reason; `operation_aborted` when the caller is cancelled
    /// first.
    awaitable<error_code> ended();

    void on_frame(frame_handler handler) { on_frame_ = std::move(handler); }

    void set_limits(frame_limits limits) noexcept { options_.limits = limits; }

    /// As stream::limit_unread().
    void limit_unread(std::size_t bytes) { wire_->limit_unread(bytes); }

    /// Queues a notice. A full queue ends the connection with `errc::slow_reader`.
    void send(frame message);
    /// Sends a request. `handler` is called exactly once, with the reply, the refusal or the loss of the
    /// peer, unless `forget` comes first. It may be called inside this call when the connection is over
    /// already. Returns the ticket. Throws std::length_error as encoded_frame does; then nothing was asked.
    std::uint64_t ask(frame request, frame_limits reply_limits, answer_handler handler,
                      arrival_handler on_arrival = {});
    /// Nobody waits for this answer any more; should it still come, its bytes are read past. True if it will
    /// not come, because the request had not begun to be sent and was taken back.
    bool forget(std::uint64_t ticket) noexcept;
    /// One request as a coroutine; `timed_out` at the deadline.
    awaitable<answer> request(frame message, frame_limits reply_limits, clock::time_point deadline);

    void reply(const frame& request, boost::json::object meta = {}, payload body = {});
    void refuse(const frame& request, const std::string& code, const std::string& reason);

    /// Whether another request may be asked without the peer or the queue to it being overrun. Of a
    /// connection that is over too: it answers at once.
    [[nodiscard]] bool has_room() const noexcept;
    /// `handler` is called whenever there may be room again, until `forget_room`.
    std::uint64_t on_room(std::function<void()> handler);

    void forget_room(std::uint64_t ticket) noexcept { on_room_.erase(ticket); }

    /// Waits until the queue to the peer has room (or the connection is over): who sends much waits here
    /// before each.
    awaitable<void> writable() { co_await outbox_.writable(); }

    /// Says goodbye with a reason, sends what is queued, and ends.
    void close(const std::string& reason = {});
    /// Ends at once.
    void abort(error_code why, std::string detail = {});

    /// It can be asked: it has not ended, and neither side has said goodbye.
    [[nodiscard]] bool is_open() const noexcept { return !over_ && !outbox_.is_closed(); }

    [[nodiscard]] const std::string& remote() const noexcept { return remote_; }

    /// A sentence on why it ended: the error, and what exactly was wrong.
    [[nodiscard]] std::string end_reason() const;

    /// Of the last heartbeat; zero before the first.
    [[nodiscard]] clock::duration round_trip() const noexcept { return round_trip_; }

    /// Asks that are neither answered nor forgotten.
    [[nodiscard]] std::size_t unanswered() const noexcept { return pending_.size() - forgotten_; }

    [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

    [[nodiscard]] std::uint64_t bytes_received() const noexcept { return bytes_received_; }

    /// Bytes that wait for the peer to take them.
    [[nodiscard]] std::size_t bytes_queued() const noexcept { return outbox_.bytes(); }

private:
    struct pending {
        std::uint16_t type = 0;  ///< of the request, and so of its reply
        std::uint64_t place = 0; ///< in the outbox
        frame_limits limits;
        answer_handler handler; ///< empty: forgotten, the reply is read past
        arrival_handler on_arrival;
    };

    // connection_receiving.cpp
    awaitable<void> read_loop();
    awaitable<void> read_frames();
    awaitable<bool> read_frame(frame& into);
    awaitable<bool> read_body(const frame_header& header, frame& into);
    awaitable<bool> wait_for_room(const frame_header& header, buffer& body, std::size_t& done,
                                  std::uint32_t& checksum);
    awaitable<bool> read_part(buffer& body, std::size_t& done, std::uint32_t& checksum,
                              receive_window::place* place);
    [[nodiscard]] bool is_wanted(const frame_header& header) const;
    [[nodiscard]] buffer memory_for(std::size_t bytes);
    awaitable<bool> read_exactly(std::span<std::byte> into, bool between_frames = false);
    awaitable<bool> skip(std::size_t bytes);
    awaitable<void> write_loop();
    awaitable<void> write_frames();
    void beat();
    void beat_again();
    void dispatch(frame received);
    void settle(frame reply);
    void tell_room();
    void enqueue(encoded_frame message);
    /// Ends everything; the first reason stands. Always false, for `co_return fail(...)`.
    bool fail(error_code why, std::string detail = {});

    runtime& rt_;
    std::unique_ptr<stream> wire_;
    connection_options options_;
    frame_handler on_frame_;
    outbox outbox_;
    std::string remote_;
    std::unordered_map<std::uint64_t, pending> pending_;
    std::map<std::uint64_t, std::function<void()>> on_room_;
    std::uint64_t next_ticket_ = 1;
    std::vector<std::byte> read_ahead_;
    std::size_t read_begin_ = 0;
    std::size_t read_end_ = 0;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t bytes_received_ = 0;
    clock::time_point last_received_;
    clock::time_point last_sent_;
    clock::time_point last_beat_;
    clock::time_point reading_since_ = clock::time_point::max(); ///< of a frame; never: between two
    std::uint64_t reading_from_ = 0;                             ///< bytes received until then
    std::shared_ptr<receive_window::place> place_;               ///< of the body that waits for room
    /// Who was kept waiting may be silent for as long again: where its segments found no room, its TCP tries
    /// less and less often.
    clock::duration patience_{};
    clock::time_point ping_sent_;
    clock::time_point closing_since_ = clock::time_point::max();
    std::uint64_t ping_number_ = 0;
    std::uint64_t forgotten_ = 0;
    clock::duration round_trip_{};
    std::unique_ptr<alarm> next_beat_;
    bool writing_ = false;
    bool over_ = false;
    error_code why_;
    std::string detail_;
    std::optional<std::string> goodbye_;
    event stopped_;
    event ended_;
};

using connection_ptr = std::shared_ptr<connection>;

} // namespace fedasio::net
