#include <fedasio/net/counted_address.hpp>
#include <fedasio/net/listener.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace fedasio::net {
namespace {

constexpr auto pause_after_failed_accept = std::chrono::milliseconds(50);

nursery::failure_handler report_to(const listener::error_handler& on_error) {
    return [on_error](const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            if (on_error) {
                on_error(std::string("a session failed: ") + e.what());
            }
        }
    };
}

} // namespace

listener::listener(runtime& rt, std::unique_ptr<acceptor> source, listener_options options,
                   error_handler on_error)
    : rt_(rt), source_(std::move(source)), options_(std::move(options)), on_error_(std::move(on_error)),
      sessions_(rt.executor, report_to(on_error_)) {}

awaitable<void> listener::run(session serve) {
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cancelled = co_await is_cancelled();
    while (!stopped_ && !cancelled) {
        auto incoming = co_await source_->accept();
        cancelled = co_await is_cancelled();
        if (stopped_ || cancelled) {
            break;
        }
        const bool was_full = std::exchange(is_full_, incoming.error == errc::too_few_descriptors);
        if (is_full_) {
            if (!was_full && on_error_) {
                on_error_("turns new connections away: " + incoming.error.message());
            }
            continue;
        }
        if (incoming.error) {
            if (on_error_) {
                on_error_("accepting a connection failed: " + incoming.error.message());
            }
            co_await sleep_for(rt_, pause_after_failed_accept);
            cancelled = co_await is_cancelled();
            continue;
        }
        if (sessions_.size() >= options_.max_connections) {
            turn_away(incoming.connection->remote(), errc::too_many_peers);
            continue;
        }
        if (options_.prove) {
            sessions_.spawn(prove_and_serve(std::move(incoming.connection), serve));
        } else {
            sessions_.spawn(serve(std::move(incoming.connection)));
        }
    }
    source_->close();
    sessions_.cancel();
    co_await sessions_.join();
}

awaitable<void> listener::prove_and_serve(std::unique_ptr<stream> fresh, const session& serve) {
    const auto who = fresh->remote();
    const auto from = strangers_.try_emplace(counted_address(who)).first;
    if (from->second >= options_.max_strangers) {
        turn_away(who, errc::too_many_strangers);
        co_return;
    }
    ++from->second;
    const auto give_back = [&] {
        if (--from->second == 0) {
            strangers_.erase(from);
        }
    };
    opened proved;
    try {
        proved = co_await options_.prove(std::move(fresh));
    } catch (...) {
        give_back();
        throw;
    }
    give_back();
    const bool cancelled = co_await is_cancelled();
    if (cancelled) {
        co_return;
    }
    if (proved.error) {
        turn_away(who, proved.error);
        co_return;
    }
    co_await serve(std::move(proved.connection));
}

void listener::turn_away(const std::string& who, error_code why) const {
    if (on_error_) {
        on_error_("turned away " + who + ": " + why.message());
    }
}

awaitable<connection_ptr> listener::accept(connection_options options) {
    auto incoming = co_await source_->accept();
    if (incoming.error) {
        throw boost::system::system_error(incoming.error, "accepting a peer on " + source_->local());
    }
    auto peer = std::make_shared<connection>(rt_, std::move(incoming.connection), options);
    peer->start();
    co_return peer;
}

void listener::stop() {
    stopped_ = true;
    source_->close();
}

} // namespace fedasio::net
