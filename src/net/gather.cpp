#include <fedasio/net/gather.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace fedasio::net {
namespace {

/// The calls that are not settled yet. Leaving the gather, in whatever way, forgets them, so that no answer
/// can reach state that is gone.
class open_calls {
public:
    explicit open_calls(std::size_t size) : tickets_(size) {}

    open_calls(const open_calls&) = delete;
    open_calls& operator=(const open_calls&) = delete;

    ~open_calls() {
        for (auto& open : tickets_) {
            if (open.peer) {
                open.peer->forget(open.ticket);
            }
        }
    }

    void opened(std::size_t index, connection_ptr peer, std::uint64_t number) {
        tickets_[index] = {std::move(peer), number};
    }

    void settled(std::size_t index) { tickets_[index].peer.reset(); }

private:
    struct ticket {
        connection_ptr peer;
        std::uint64_t ticket = 0;
    };

    std::vector<ticket> tickets_;
};

} // namespace

awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<call> calls, gather_policy policy,
                                        reply_handler on_reply, arrival_handler on_arrival) {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<gathered> results(calls.size());
    std::vector<bool> settled(calls.size(), false);
    open_calls open(calls.size());
    event progress(rt.executor);
    std::size_t waiting = calls.size();
    std::size_t accepted = 0;
    bool expired = false;

    const auto judge = [&](std::size_t index, frame& reply) -> std::string {
        try {
            return on_reply(index, reply);
        } catch (const std::exception& e) {
            return e.what();
        }
    };
    const auto settle = [&](std::size_t index, answer got) {
        if (settled[index]) {
            return;
        }
        auto& result = results[index];
        result = gathered{got.result, std::move(got.code), std::move(got.reason)};
        if (got.result == outcome::reply && on_reply) {
            auto objection = judge(index, got.reply);
            if (!objection.empty()) {
                result = gathered{outcome::refused, "invalid", std::move(objection)};
            }
        }
        settled[index] = true;
        open.settled(index);
        accepted += result.result == outcome::reply ? 1 : 0;
        --waiting;
        if (waiting == 0 || accepted >= policy.quorum) {
            progress.set();
        }
    };

    bool cancelled = co_await is_cancelled();
    for (std::size_t i = 0; i < calls.size() && !cancelled; ++i) {
        auto& [peer, request, limits] = calls[i];
        if (!peer) {
            answer nobody;
            nobody.reason = "no such peer";
            settle(i, std::move(nobody));
            continue;
        }
        auto handler = [&settle, i](answer got) { settle(i, std::move(got)); };
        connection::arrival_handler arrives;
        if (on_arrival) {
            arrives = [&on_arrival, i] { on_arrival(i); };
        }
        const auto ticket = peer->ask(std::move(request), limits, std::move(handler), std::move(arrives));
        if (!settled[i]) {
            open.opened(i, peer, ticket);
        }
    }

    std::unique_ptr<alarm> deadline;
    if (policy.deadline != clock::time_point::max()) {
        deadline = rt.time.at(policy.deadline, [&] {
            expired = true;
            progress.set();
        });
    }
    while (waiting > 0 && accepted < policy.quorum && !expired && !cancelled) {
        co_await progress.wait();
        cancelled = co_await is_cancelled();
    }

    const outcome rest = cancelled                   ? outcome::cancelled
                         : accepted >= policy.quorum ? outcome::not_needed
                                                     : outcome::timed_out;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (!settled[i]) {
            results[i] = gathered{rest, {}, {}};
        }
    }
    co_return results;
}

} // namespace fedasio::net
