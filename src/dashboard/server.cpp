#include <fedasio/dashboard/server.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/counted_address.hpp>
#include <fedasio/net/nursery.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "hex_number.hpp"
#include "hub.hpp"
#include <stdexcept>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;

/// Connections over the limit that still get an answer; beyond them there is none.
constexpr std::size_t overload_answers = 100;
constexpr std::size_t overload_answers_of_one = 10;

std::unique_ptr<net::acceptor> listen_on(net::runtime& rt, const net::address& where,
                                         const server_options& options) {
    try {
        return net::listen_tcp(rt, where, options.socket_buffer_bytes, options.spare_descriptors);
    } catch (const boost::system::system_error& problem) {
        const bool taken = problem.code() == asio::error::address_in_use;
        throw std::runtime_error(
            "the dashboard cannot listen on " + where.to_string() + ": " + problem.code().message() +
            (taken ? "; stop the program that uses the port, or choose another one" : ""));
    }
}

/// The policy of every answer (https://www.w3.org/TR/CSP3/).
std::string content_policy(std::span<const std::string> embedders) {
    std::string policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors";
    for (const auto& origin : embedders) {
        policy += " " + origin;
    }
    return embedders.empty() ? policy + " 'none'" : policy;
}

bool is_loopback(const net::address& where) {
    return asio::ip::make_address(where.host).is_loopback();
}

/// Counts a connection as one of its address's while it is there.
class counted {
public:
    counted(std::map<std::string, std::size_t>& all, const std::string& from)
        : all_(all), own_(all.try_emplace(from).first) {
        ++own_->second;
    }

    ~counted() {
        if (--own_->second == 0) {
            all_.erase(own_);
        }
    }

    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

private:
    std::map<std::string, std::size_t>& all_;
    std::map<std::string, std::size_t>::iterator own_;
};

awaitable<void> serve_counted(std::shared_ptr<hub> shared, std::unique_ptr<net::stream> fresh,
                              bool overloaded) {
    const counted here(shared->connections_from, net::counted_address(fresh->remote()));
    co_await serve_connection(shared, std::move(fresh), overloaded);
}

} // namespace

hub::hub(net::runtime& runtime, server_options limits, master::command_handler handler,
         std::span<const asset> assets, const server_protection& rules, bool loopback_only,
         std::uint16_t port)
    : rt(runtime), options(limits), commands(std::move(handler)),
      folded(hex(runtime.entropy()), runtime.time.unix_time()), routes(folded, assets, limits.has_evaluator),
      entrance(runtime, rules, loopback_only, port),
      content_policy(dashboard::content_policy(rules.embedders)), may_be_framed(!rules.embedders.empty()),
      changed(runtime.executor), paced(runtime.executor) {}

void hub::wake() {
    changed.set();
    changed.reset();
    paced.set();
    paced.reset();
}

void hub::tell() {
    if (is_stopping) { // the end of the process waits for no more to gather
        wake();
        return;
    }
    changed.set();
    changed.reset();
    has_news = true;
    if (!next_pace) {
        pace();
    }
}

/// The first event after a quiet time is passed on at once, the others gather for a moment.
void hub::pace() {
    if (!std::exchange(has_news, false)) {
        next_pace.reset();
        return;
    }
    next_pace = rt.time.at(rt.time.now() + options.stream_interval, [this] { pace(); });
    paced.set();
    paced.reset();
}

shared_text hub::batch_after(std::uint64_t& place) {
    const auto& events = folded.events();
    if (!batch.text || batch.after != place || batch.last != events.newest()) {
        batch.after = batch.last = place;
        std::string text = R"({"type":"events","events":[)";
        do {
            text += batch.last == place ? "" : ",";
            text += *events.at(++batch.last);
        } while (batch.last < events.newest() &&
                 text.size() + events.at(batch.last + 1)->size() < options.stream_batch_bytes);
        batch.text = std::make_shared<const std::string>(text + "]}");
    }
    place = batch.last;
    return batch.text;
}

struct server::state {
    state(net::runtime& rt, const net::address& listen, master::command_handler commands,
          std::span<const asset> assets, const server_options& options, server_protection protection)
        : acceptor(listen_on(rt, listen, options)), local(net::address::parse(acceptor->local())),
          warn(protection.warn), shared(rt, options, std::move(commands), assets, std::move(protection),
                                        is_loopback(local), local.port),
          sessions(rt.executor, [](const std::exception_ptr&) {}) {}

    void stop() {
        shared.is_stopping = true;
        acceptor->close();
        shared.next_pace.reset();
        shared.wake();
        for (const auto& open : shared.connections) {
            if (open.is_idle) {
                open.line->close();
            }
        }
    }

    void cut() {
        for (const auto& open : shared.connections) {
            open.line->close();
        }
        sessions.cancel();
    }

    std::unique_ptr<net::acceptor> acceptor;
    net::address local;
    std::function<void(const std::string&)> warn;
    hub shared;
    net::nursery sessions;
};

server::server(net::runtime& rt, const net::address& listen, master::event_source& events,
               master::command_handler commands, std::span<const asset> assets, server_options options,
               archive_reader archive, server_protection protection)
    : state_(
          std::make_shared<state>(rt, listen, std::move(commands), assets, options, std::move(protection))) {
    state_->shared.archive = std::move(archive);
    events.subscribe([weak = std::weak_ptr(state_)](const master::event& happened) {
        if (const auto self = weak.lock()) {
            self->shared.folded.fold(happened);
            self->shared.tell();
        }
    });
}

server::~server() = default;

net::address server::local() const {
    return state_->local;
}

std::size_t server::connections() const {
    return state_->shared.connections.size();
}

std::size_t server::streams() const {
    return state_->shared.streams;
}

void server::stop() {
    state_->stop();
}

awaitable<void> server::run() {
    const auto self = state_;
    co_await asio::this_coro::throw_if_cancelled(false);
    auto& shared = self->shared;
    bool is_full = false;
    while (!shared.is_stopping) {
        auto incoming = co_await self->acceptor->accept();
        const bool cancelled = co_await net::is_cancelled();
        if (cancelled || shared.is_stopping) {
            break;
        }
        const bool was_full = std::exchange(is_full, incoming.error == net::errc::too_few_descriptors);
        if (is_full) {
            if (!was_full && self->warn) {
                self->warn("the dashboard turns new connections away: " + incoming.error.message());
            }
            continue;
        }
        if (incoming.error) {
            // Out of descriptors, most likely: some will be free soon.
            co_await net::sleep_for(shared.rt, std::chrono::milliseconds(50));
            continue;
        }
        const auto open = self->sessions.size();
        const auto remote = incoming.connection->remote();
        const auto found = shared.connections_from.find(net::counted_address(remote));
        const bool is_one = found != shared.connections_from.end() && !shared.entrance.is_proxy(remote);
        const auto of_one = is_one ? found->second : 0;
        const auto& limits = shared.options;
        const bool overloaded = open >= limits.max_connections || of_one >= limits.max_connections_of_one;
        const bool is_answered = open < limits.max_connections + overload_answers &&
                                 of_one < limits.max_connections_of_one + overload_answers_of_one &&
                                 !shared.entrance.is_https();
        if (!overloaded || is_answered) {
            self->sessions.spawn(
                serve_counted({self, &self->shared}, std::move(incoming.connection), overloaded));
        }
    }
    self->stop();
    const auto last_call = shared.rt.time.at(shared.rt.time.now() + shared.options.stop_timeout,
                                             [raw = self.get()] { raw->cut(); });
    co_await self->sessions.join();
}

} // namespace fedasio::dashboard
