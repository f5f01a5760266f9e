#include "master/admission.hpp"

#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/measurements.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/standing.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;
namespace refusal_code = wire::refusal_code;

constexpr auto time_to_say_hello = std::chrono::seconds(10);
constexpr auto shortest_between_measurements = std::chrono::milliseconds(200);
/// Updates that are received and added up at once take this much, and may take so much of what there is where
/// workers are slow.
constexpr std::uint64_t share_of_updates = 4;
constexpr std::size_t most_of_updates = std::size_t{256} << 20;
/// The kernel would let each of them have up to some ten megabytes that nobody has read yet, which is more
/// than it has for all of TCP: it drops segments then, and they come again seconds later. Many together fill
/// a line with so little, however far away they are.
constexpr std::size_t few_workers = 16;
constexpr std::size_t unread_of_many = std::size_t{256} << 10;

std::shared_ptr<net::receive_window> window_for(const setting& given) {
    const auto least = given.options.window_bytes;
    const auto most = std::max<std::uint64_t>(most_of_updates, given.options.memory_bytes / share_of_updates);
    return std::make_shared<net::receive_window>(given.rt, least, std::max<std::size_t>(least, most));
}

} // namespace

admission::admission(const setting& given, run_state& state, newcomers& coming)
    : window_(window_for(given)), setting_(given), members_(state.members), progress_(state.progress),
      newcomers_(coming), strangers_(given.rt, [&given](std::string text) {
          given.notice(noticed::severity::warning, std::move(text));
      }) {}

net::awaitable<void> admission::admit(std::unique_ptr<net::stream> wire) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto options = setting_.options.connection;
    options.limits = wire::limits::stranger;
    options.window = window_;
    const auto proved_name = wire->peer_name();
    const auto connection = std::make_shared<net::connection>(setting_.rt, std::move(wire), options);
    worker_ptr who;
    bool refused = false;
    connection->on_frame([&](const net::frame& message) {
        if (who) {
            hear(*who, message);
        } else if (!refused) {
            who = introduce(*connection, message, proved_name);
            refused = !who;
        }
    });
    const auto too_late = setting_.rt.time.at(setting_.rt.time.now() + time_to_say_hello, [&] {
        if (!who) {
            connection->abort(net::errc::handshake_timeout);
        }
    });
    const auto why = co_await connection->run();
    if (who) {
        part_from(who, why == net::errc::closed || why == net::errc::closed_by_peer);
    } else if (!refused) {
        turned_away("turned away " + connection->remote() + ": " + connection->end_reason());
    }
}

void admission::part_from(const worker_ptr& who, bool is_graceful) {
    const auto& name = who->hello.name;
    set_state(setting_, *who, worker_state::gone);
    members_.roster.remove(who);
    // Whoever comes and goes has been away since it first went.
    if (members_.owners.contains(name)) {
        auto& away = members_.owners.mark_away(name, setting_.rt.time.now(), progress_.place().present());
        away.was_here = true;
    }
    const auto reason = who->evicted ? std::string("sent away by command") : who->connection->end_reason();
    setting_.events.publish(worker_left{who->id, name, reason, !is_graceful && !who->evicted});
}

/// Makes a stranger a worker if its first frame is an acceptable hello; null if it was turned away.
worker_ptr admission::introduce(net::connection& connection, const net::frame& first,
                                const std::string& proved_name) {
    const auto turn_away = [&](const char* code, const std::string& reason) {
        turned_away("turned away " + connection.remote() + ": " + reason);
        if (first.is_request()) {
            connection.refuse(first, code, reason);
        }
        connection.close(reason);
        return nullptr;
    };
    if (first.type != message_type::hello || !first.is_request()) {
        return turn_away(refusal_code::unexpected, "the first frame must be a hello");
    }
    wire::hello hello;
    try {
        hello = wire::read_hello(first.meta);
    } catch (const text::field_error& e) {
        return turn_away(refusal_code::malformed, e.what());
    }
    if (!proved_name.empty() && hello.name != proved_name) {
        return turn_away(refusal_code::failed, "its certificate is that of '" + proved_name +
                                                   "', so it cannot be '" + hello.name +
                                                   "': leave --name out, or use the kit of that name");
    }
    if (members_.roster.has_name(hello.name)) {
        return turn_away(refusal_code::name_taken,
                         "a worker named '" + hello.name + "' is connected already: choose another --name");
    }
    auto who = members_.roster.admit(std::move(hello), connection.shared_from_this());
    connection.set_limits(wire::limits::notice);
    if (members_.roster.all().size() > few_workers) {
        connection.limit_unread(unread_of_many);
    }
    connection.reply(first, wire::to_meta(wire::welcome{who->id, setting_.plan.name}));
    worker_joined joined;
    joined.worker = who->id;
    joined.name = who->hello.name;
    joined.address = connection.remote();
    joined.threads = who->hello.threads;
    joined.capacity = who->hello.clients;
    joined.version = who->hello.version;
    joined.instruction_set = who->hello.instruction_set;
    setting_.events.publish(std::move(joined));
    newcomers_.offer_place(who);
    return who;
}

void admission::hear(worker& who, const net::frame& message) {
    if (message.type != message_type::measurements || message.is_request()) {
        const auto detail = "a worker does not send frames of type " + std::to_string(message.type);
        who.connection->abort(net::errc::bad_type, detail);
        return;
    }
    // Whoever reports more often than anybody looks must not push other events out of the history.
    const auto now = setting_.rt.time.now();
    if (who.measured != net::clock::time_point{} && now - who.measured < shortest_between_measurements) {
        return;
    }
    who.measured = now;
    try {
        const auto measured = wire::read_measurements(message.meta);
        worker_measured event;
        event.worker = who.id;
        event.cpu_percent = measured.cpu_percent;
        event.memory_bytes = measured.memory_bytes;
        event.round_trip_ms = std::chrono::duration<double, std::milli>(who.connection->round_trip()).count();
        event.bytes_sent = who.connection->bytes_sent();
        event.bytes_received = who.connection->bytes_received();
        event.queued_bytes = who.connection->bytes_queued();
        setting_.events.publish(event);
    } catch (const text::field_error& e) {
        who.connection->abort(net::errc::bad_meta, e.what());
    }
}

} // namespace fedasio::master
