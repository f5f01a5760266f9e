#include <fedasio/net/gather.hpp>

#include <boost/asio/this_coro.hpp>

#include <deque>
#include <exception>
#include <new>
#include <unordered_map>
#include <utility>

namespace fedasio::net {
namespace {

/// A request that is about to be sent.
struct prepared {
    frame request;
    frame_limits reply_limits;
};

/// The calls of one gather. Leaving it, in whatever way, forgets those that are not settled, so that no
/// answer can reach state that is gone.
class open_calls {
public:
    open_calls(runtime& rt, std::vector<connection_ptr> peers, const gather_policy& policy,
               reply_handler on_reply, arrival_handler on_arrival)
        : results(peers.size()), changed(rt.executor), peers_(std::move(peers)), policy_(policy),
          on_reply_(std::move(on_reply)), on_arrival_(std::move(on_arrival)), tickets_(peers_.size()),
          settled_(peers_.size(), false), waiting_(peers_.size()) {}

    open_calls(const open_calls&) = delete;
    open_calls& operator=(const open_calls&) = delete;

    ~open_calls() {
        for (const auto& queue : queues_) {
            queue.peer->forget_room(queue.room);
        }
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            take_back(i);
        }
    }

    /// Sends what there is room for; the rest follows as there is more. `make(index)` gives a `prepared`.
    void begin(std::function<prepared(std::size_t)> make) {
        make_ = std::move(make);
        std::unordered_map<connection*, std::size_t> places;
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            if (!peers_[i]) {
                answer nobody;
                nobody.reason = "no such peer";
                settle(i, std::move(nobody));
                continue;
            }
            const auto [place, is_new] = places.emplace(peers_[i].get(), queues_.size());
            if (is_new) {
                queues_.push_back({peers_[i], {}, 0, 0});
            }
            queues_[place->second].calls.push_back(i);
        }
        for (auto& queue : queues_) {
            send(queue);
            if (queue.next < queue.calls.size()) {
                queue.room = queue.peer->on_room([this, &queue] { send(queue); });
            }
        }
    }

    [[nodiscard]] bool is_done() const noexcept {
        return waiting_ == 0 || has_quorum() || failure != nullptr;
    }

    void end_rest(outcome how) {
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (!settled_[i]) {
                results[i] = gathered{how, {}, {}, take_back(i)};
            }
        }
    }

    [[nodiscard]] bool has_quorum() const noexcept { return accepted_ >= policy_.quorum; }

    std::vector<gathered> results;
    event changed;              ///< set when it is done
    std::exception_ptr failure; ///< a request that cannot be encoded

private:
    /// Nobody waits for its answer any more. True if it was not sent, and is not going to be.
    bool take_back(std::size_t index) noexcept {
        const bool is_open = !settled_[index] && peers_[index];
        const auto ticket = std::exchange(tickets_[index], 0);
        return is_open && (ticket == 0 || peers_[index]->forget(ticket));
    }

    struct peer_queue {
        connection_ptr peer;
        std::vector<std::size_t> calls;
        std::size_t next = 0; ///< of `calls`, to be sent
        std::uint64_t room = 0;
    };

    void send(peer_queue& queue) {
        while (queue.next < queue.calls.size() && queue.peer->has_room() && !failure) {
            const auto i = queue.calls[queue.next++];
            try {
                ask(i);
            } catch (const std::bad_alloc&) {
                queue.peer->abort(errc::no_memory, "no memory to ask it");
                answer lost;
                lost.reason = queue.peer->end_reason();
                settle(i, std::move(lost));
            } catch (...) {
                failure = std::current_exception();
                changed.set();
            }
        }
    }

    void ask(std::size_t i) {
        auto [request, limits] = make_(i);
        connection::arrival_handler arrives;
        if (on_arrival_) {
            arrives = [this, i] { on_arrival_(i); };
        }
        auto handler = [this, i](answer got) { settle(i, std::move(got)); };
        tickets_[i] = peers_[i]->ask(std::move(request), limits, std::move(handler), std::move(arrives));
    }

    void settle(std::size_t index, answer got) {
        if (settled_[index]) {
            return;
        }
        auto& result = results[index];
        result = gathered{got.result, std::move(got.code), std::move(got.reason), false};
        if (got.result == outcome::reply && on_reply_) {
            auto objection = judge(index, got.reply);
            if (!objection.empty()) {
                result = gathered{outcome::refused, "invalid", std::move(objection), false};
            }
        }
        settled_[index] = true;
        accepted_ += result.result == outcome::reply && index >= policy_.counted_from ? 1 : 0;
        --waiting_;
        if (is_done()) {
            changed.set();
        }
    }

    std::string judge(std::size_t index, frame& reply) {
        try {
            return on_reply_(index, reply);
        } catch (const std::bad_alloc&) {
            return "there is no memory here to take it";
        } catch (const std::exception& e) {
            return e.what();
        }
    }

    std::vector<connection_ptr> peers_;
    gather_policy policy_;
    reply_handler on_reply_;
    arrival_handler on_arrival_;
    std::function<prepared(std::size_t)> make_;
    std::deque<peer_queue> queues_; ///< stay where they are
    std::vector<std::uint64_t> tickets_;
    std::vector<bool> settled_;
    std::size_t waiting_;
    std::size_t accepted_ = 0;
};

awaitable<std::vector<gathered>> run_to_end(runtime& rt, open_calls& open,
                                            std::function<prepared(std::size_t)> make,
                                            clock::time_point until) {
    bool expired = false;
    bool cancelled = co_await is_cancelled();
    if (!cancelled) {
        open.begin(std::move(make));
    }
    std::unique_ptr<alarm> deadline;
    if (until != clock::time_point::max()) {
        deadline = rt.time.at(until, [&] {
            expired = true;
            open.changed.set();
        });
    }
    while (!open.is_done() && !expired && !cancelled) {
        co_await open.changed.wait();
        cancelled = co_await is_cancelled();
    }
    if (open.failure) {
        std::rethrow_exception(open.failure);
    }
    open.end_rest(cancelled           ? outcome::cancelled
                  : open.has_quorum() ? outcome::not_needed
                                      : outcome::timed_out);
    co_return std::move(open.results);
}

} // namespace

awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<call> calls, gather_policy policy,
                                        reply_handler on_reply, arrival_handler on_arrival) {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<connection_ptr> peers;
    peers.reserve(calls.size());
    for (auto& one : calls) {
        peers.push_back(std::move(one.peer));
    }
    open_calls open(rt, std::move(peers), policy, std::move(on_reply), std::move(on_arrival));
    auto make = [&calls](std::size_t i) {
        return prepared{std::move(calls[i].request), calls[i].reply_limits};
    };
    co_return co_await run_to_end(rt, open, std::move(make), policy.deadline);
}

awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<connection_ptr> peers, request_maker make,
                                        frame_limits reply_limits, gather_policy policy,
                                        reply_handler on_reply, arrival_handler on_arrival) {
    co_await asio::this_coro::throw_if_cancelled(false);
    open_calls open(rt, std::move(peers), policy, std::move(on_reply), std::move(on_arrival));
    auto whole = [&](std::size_t i) { return prepared{make(i), reply_limits}; };
    co_return co_await run_to_end(rt, open, std::move(whole), policy.deadline);
}

} // namespace fedasio::net
