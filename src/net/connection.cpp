#include <fedasio/net/connection.hpp>
#include <fedasio/text/cut.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace fedasio::net {
namespace {

// Pings are free for whoever sends them and never reads, so few answers may wait.
constexpr std::size_t most_bytes_before_a_pong = 4096;
constexpr std::size_t longest_reason = 500;
constexpr std::size_t fewest_bytes_of_a_frame = std::size_t{16} << 10;
constexpr std::size_t most_forgotten = 65536;
constexpr int most_intervals_between_pings = 5;
constexpr auto time_to_say_goodbye = std::chrono::seconds(2);

/// A text of the peer's.
std::string text_of(const frame& from, const char* key) {
    const auto* value = from.meta.if_contains(key);
    if (value == nullptr || !value->is_string()) {
        return {};
    }
    const auto& text = value->get_string();
    return text::shortened({text.data(), text.size()}, longest_reason);
}

} // namespace

const char* to_string(outcome what) noexcept {
    switch (what) {
    case outcome::reply:
        return "reply";
    case outcome::refused:
        return "refused";
    case outcome::timed_out:
        return "timed_out";
    case outcome::lost:
        return "lost";
    case outcome::not_needed:
        return "not_needed";
    case outcome::cancelled:
        return "cancelled";
    }
    return "unknown";
}

connection::connection(runtime& rt, std::unique_ptr<stream> wire, connection_options options,
                       frame_handler on_frame)
    : rt_(rt), wire_(std::move(wire)), options_(std::move(options)), on_frame_(std::move(on_frame)),
      outbox_(rt.executor, options_.outbox_bytes), remote_(wire_->remote()), last_received_(rt.time.now()),
      last_sent_(last_received_), last_beat_(last_received_), stopped_(rt.executor), ended_(rt.executor) {}

connection::~connection() = default;

awaitable<error_code> connection::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto self = shared_from_this();
    nursery loops(rt_.executor);
    try {
        loops.spawn(read_loop());
        loops.spawn(write_loop());
        last_received_ = last_sent_ = last_beat_ = rt_.time.now();
        if (!over_) {
            next_beat_ = rt_.time.at(last_beat_ + options_.heartbeat_interval, [this] { beat(); });
        }
    } catch (const std::bad_alloc&) {
        fail(errc::no_memory, "no memory to begin");
    }
    const auto cancelled = co_await stopped_.wait();
    if (cancelled) {
        close("stopped");
        co_await stopped_.wait_uncancelled();
    }
    co_await loops.join();
    ended_.set();
    co_return why_;
}

void connection::start() {
    auto whole = [](connection_ptr self) -> awaitable<void> { co_await self->run(); };
    asio::co_spawn(rt_.executor, whole(shared_from_this()), asio::detached);
}

awaitable<error_code> connection::ended() {
    const auto cancelled = co_await ended_.wait();
    co_return cancelled ? cancelled : why_;
}

std::string connection::end_reason() const {
    if (!over_) {
        return {};
    }
    return detail_.empty() ? why_.message() : why_.message() + ": " + detail_;
}

bool connection::fail(error_code why, std::string detail) {
    if (over_) {
        return false;
    }
    over_ = true;
    why_ = why;
    detail_ = std::move(detail);
    next_beat_.reset();
    if (const auto place = std::exchange(place_, nullptr)) {
        place->turn().set();
    }
    outbox_.abort();
    wire_->close();
    stopped_.set();
    const auto self = shared_from_this();
    // One at a time, because a handler may forget the tickets of others.
    while (!pending_.empty()) {
        const auto node = pending_.extract(pending_.begin());
        if (node.mapped().handler) {
            answer lost;
            lost.reason = end_reason();
            node.mapped().handler(std::move(lost));
        }
    }
    forgotten_ = 0;
    tell_room();
    return false;
}

bool connection::has_room() const noexcept {
    return over_ || outbox_.is_closed() || (unanswered() < most_unanswered && outbox_.has_room());
}

std::uint64_t connection::on_room(std::function<void()> handler) {
    const auto ticket = next_ticket_++;
    on_room_.emplace(ticket, std::move(handler));
    return ticket;
}

/// A handler may ask, and may take itself or others out.
void connection::tell_room() {
    for (auto it = on_room_.begin(); it != on_room_.end() && has_room();) {
        const auto ticket = it->first;
        const auto handler = it->second;
        handler();
        it = on_room_.upper_bound(ticket);
    }
}

void connection::dispatch(frame received) {
    switch (received.type) {
    case frame_type::ping: {
        frame pong(frame_type::pong);
        pong.correlation = received.correlation;
        // No room for a pong means that other bytes are on their way, which tell the peer as much.
        if (outbox_.bytes() < most_bytes_before_a_pong) {
            (void)outbox_.push(encoded_frame(pong));
        }
        return;
    }
    case frame_type::pong:
        if (received.correlation == ping_number_) {
            round_trip_ = rt_.time.now() - ping_sent_;
        }
        return;
    case frame_type::bye:
        goodbye_ = text_of(received, "reason");
        // A peer that says goodbye and stays would keep its place for ever.
        closing_since_ = std::min(closing_since_, rt_.time.now());
        outbox_.close();
        return;
    default:
        break;
    }
    if (received.is_reply) {
        settle(std::move(received));
    } else if (on_frame_) {
        const auto handler = on_frame_; // it may put another in its place
        handler(std::move(received));
    } else if (received.is_request()) {
        refuse(received, "unexpected", "this peer takes no requests");
    }
}

void connection::settle(frame reply) {
    auto node = pending_.extract(reply.correlation);
    if (!node.mapped().handler) {
        --forgotten_;
        return;
    }
    answer got;
    got.result = reply.is_refusal ? outcome::refused : outcome::reply;
    if (reply.is_refusal) {
        got.code = text_of(reply, "code");
        got.reason = text_of(reply, "reason");
    }
    got.reply = std::move(reply);
    node.mapped().handler(std::move(got));
    tell_room();
}

void connection::beat() {
    try {
        beat_again();
    } catch (const std::bad_alloc&) {
        fail(errc::no_memory, "no memory for a heartbeat");
    }
}

void connection::beat_again() {
    const auto now = rt_.time.now();
    const auto interval = options_.heartbeat_interval;
    const auto passed = now - std::exchange(last_beat_, now);
    // A process that was stopped for a while has heard nothing either; that is no fault of the peer.
    const bool was_stopped = passed > 2 * interval;
    if (was_stopped) {
        last_received_ = last_sent_ = now;
        reading_since_ = std::max(reading_since_, now);
    }
    if (place_ && !place_->has_room()) { // it is we who do not read
        last_received_ = reading_since_ = now;
        reading_from_ = bytes_received_;
        patience_ = std::min(patience_ + std::min(passed, interval), options_.stall_timeout);
    }
    if (now - last_received_ > options_.heartbeat_timeout + patience_) {
        const auto silent =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last_received_).count();
        fail(errc::heartbeat_lost, "nothing for " + std::to_string(silent) + " ms");
        return;
    }
    if (writing_ && now - last_sent_ > options_.stall_timeout) {
        fail(errc::slow_reader, std::to_string(outbox_.bytes()) + " bytes and more were waiting");
        return;
    }
    // A frame whose bytes are read ahead already is not waited for.
    if (now > reading_since_ && now - reading_since_ > options_.stall_timeout) {
        if (bytes_received_ - reading_from_ < fewest_bytes_of_a_frame) {
            fail(errc::slow_writer);
            return;
        }
        reading_since_ = now;
        reading_from_ = bytes_received_;
    }
    if (closing_since_ != clock::time_point::max() && now - closing_since_ > time_to_say_goodbye) {
        fail(goodbye_ ? errc::closed_by_peer : errc::closed, goodbye_.value_or(std::string()));
        return;
    }
    // Bytes that went both ways tell what a ping would, but for how long an answer takes.
    const auto quiet_since = std::min(last_received_, last_sent_);
    if (ping_number_ > 0 && !was_stopped && now - quiet_since < interval &&
        now - ping_sent_ < most_intervals_between_pings * interval) {
        next_beat_ = rt_.time.at(quiet_since + interval, [this] { beat(); });
        return;
    }
    frame ping(frame_type::ping);
    ping.correlation = ++ping_number_;
    ping_sent_ = now;
    (void)outbox_.push(encoded_frame(ping));
    next_beat_ = rt_.time.at(now + interval, [this] { beat(); });
}

void connection::enqueue(encoded_frame message) {
    if (over_ || outbox_.is_closed()) {
        return;
    }
    if (!outbox_.push(std::move(message))) {
        fail(errc::slow_reader, std::to_string(outbox_.bytes()) + " bytes are waiting for it");
    }
}

void connection::send(frame message) {
    message.correlation = 0;
    enqueue(encoded_frame(message));
}

std::uint64_t connection::ask(frame request, frame_limits reply_limits, answer_handler handler,
                              arrival_handler on_arrival) {
    const auto ticket = next_ticket_++;
    if (forgotten_ > most_forgotten) {
        fail(errc::slow_reader, "it owes too many answers");
    }
    if (over_ || outbox_.is_closed()) {
        answer lost;
        lost.reason =
            over_ ? end_reason() : error_code(goodbye_ ? errc::closed_by_peer : errc::closed).message();
        handler(std::move(lost));
        return ticket;
    }
    request.correlation = ticket;
    // First what may throw: a handler that stayed behind would be called when its owner is gone.
    encoded_frame encoded(request);
    pending_.emplace(ticket,
                     pending{request.type, 0, reply_limits, std::move(handler), std::move(on_arrival)});
    enqueue(std::move(encoded));
    if (const auto asked = pending_.find(ticket); asked != pending_.end()) {
        asked->second.place = outbox_.last_place();
    }
    return ticket;
}

bool connection::forget(std::uint64_t ticket) noexcept {
    const auto asked = pending_.find(ticket);
    if (asked == pending_.end() || !asked->second.handler) {
        return false;
    }
    if (outbox_.withdraw(asked->second.place)) {
        pending_.erase(asked);
        return true;
    }
    asked->second.handler = nullptr;
    asked->second.on_arrival = nullptr;
    ++forgotten_;
    if (place_) {
        place_->turn().set(); // perhaps it is this one that waits for room
    }
    return false;
}

awaitable<answer> connection::request(frame message, frame_limits reply_limits, clock::time_point deadline) {
    answer got;
    const bool cancelled = co_await is_cancelled();
    if (cancelled) {
        got.result = outcome::cancelled;
        co_return got;
    }
    got.result = outcome::timed_out;
    event done(rt_.executor);
    auto handler = [&](answer arrived) {
        got = std::move(arrived);
        done.set();
    };
    const auto ticket = ask(std::move(message), reply_limits, std::move(handler));
    const auto alarm = rt_.time.at(deadline, [&done] { done.set(); });
    const auto ec = co_await done.wait();
    forget(ticket);
    // What came in the same instant as a cancellation counts: it may say why all of this ends.
    if (ec && !done.is_set()) {
        got.result = outcome::cancelled;
    }
    co_return got;
}

void connection::reply(const frame& request, boost::json::object meta, payload body) {
    frame answer_frame(request.type, std::move(meta), std::move(body));
    answer_frame.is_reply = true;
    answer_frame.correlation = request.correlation;
    enqueue(encoded_frame(answer_frame));
}

void connection::refuse(const frame& request, const std::string& code, const std::string& reason) {
    frame refusal(request.type);
    refusal.is_reply = true;
    refusal.is_refusal = true;
    refusal.correlation = request.correlation;
    refusal.meta["code"] = code;
    refusal.meta["reason"] = reason;
    enqueue(encoded_frame(refusal));
}

void connection::close(const std::string& reason) {
    if (over_ || closing_since_ != clock::time_point::max()) {
        return;
    }
    closing_since_ = rt_.time.now();
    frame bye(frame_type::bye);
    bye.meta["reason"] = reason;
    (void)outbox_.push(encoded_frame(bye));
    outbox_.close();
}

void connection::abort(error_code why, std::string detail) {
    fail(why, std::move(detail));
}

} // namespace fedasio::net
