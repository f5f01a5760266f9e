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
    open_calls(runtime& rt, std::vector<connection_ptr> peers, const gather_policy& policy, reply_judge judge,
               arrival_handler on_arrival)
        : results(peers.size()), changed(rt.executor), peers_(std::move(peers)), policy_(policy),
          judge_(std::move(judge)), on_arrival_(std::move(on_arrival)), tickets_(peers_.size()),
          states_(peers_.size(), state::open), waiting_(peers_.size()) {}

    open_calls(const open_calls&) = delete;
    open_calls& operator=(const open_calls&) = delete;

    ~open_calls() {
        stop_asking();
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

    void stop_asking() noexcept {
        for (auto& queue : queues_) {
            queue.peer->forget_room(std::exchange(queue.room, 0));
        }
    }

    [[nodiscard]] bool is_done() const noexcept {
        return waiting_ == 0 || has_quorum() || failure != nullptr;
    }

    void end_rest(outcome how) {
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (states_[i] == state::open) {
                results[i] = gathered{how, {}, {}, take_back(i)};
            }
        }
    }

    /// Replies that are being judged.
    [[nodiscard]] std::size_t judging() const noexcept { return judging_; }

    [[nodiscard]] bool has_quorum() const noexcept { return accepted_ >= policy_.quorum; }

    std::vector<gathered> results;
    event changed;              ///< set when it is done
    std::exception_ptr failure; ///< a request that cannot be encoded

private:
    enum class state : std::uint8_t { open, judged_soon, settled };

    /// Nobody waits for its answer any more. True if it was not sent, and is not going to be.
    bool take_back(std::size_t index) noexcept {
        const bool is_open = states_[index] == state::open && peers_[index];
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
        if (states_[index] != state::open) {
            return;
        }
        auto& result = results[index];
        result = gathered{got.result, std::move(got.code), std::move(got.reason), false};
        if (got.result != outcome::reply || !judge_) {
            finish(index);
            return;
        }
        states_[index] = state::judged_soon;
        ++judging_;
        judge(index, got.reply);
    }

    void judge(std::size_t index, frame& reply) {
        std::string problem;
        try {
            judge_(index, reply, [this, index](std::string objection) { judged(index, objection); });
            return;
        } catch (const std::bad_alloc&) {
            problem = "there is no memory here to take it";
        } catch (const std::exception& e) {
            problem = e.what();
        }
        judged(index, problem);
    }

    void judged(std::size_t index, const std::string& objection) {
        --judging_;
        if (!objection.empty()) {
            results[index] = gathered{outcome::refused, "invalid", objection, false};
        }
        finish(index);
    }

    void finish(std::size_t index) {
        states_[index] = state::settled;
        const auto& result = results[index];
        accepted_ += result.result == outcome::reply && index >= policy_.counted_from ? 1 : 0;
        --waiting_;
        if (is_done() || judging_ == 0) {
            changed.set();
        }
    }

    std::vector<connection_ptr> peers_;
    gather_policy policy_;
    reply_judge judge_;
    arrival_handler on_arrival_;
    std::function<prepared(std::size_t)> make_;
    std::deque<peer_queue> queues_; ///< stay where they are
    std::vector<std::uint64_t> tickets_;
    std::vector<state> states_;
    std::size_t judging_ = 0;
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
        open.changed.reset();
        co_await open.changed.wait();
        cancelled = co_await is_cancelled();
    }
    open.stop_asking();
    open.end_rest(cancelled           ? outcome::cancelled
                  : open.has_quorum() ? outcome::not_needed
                                      : outcome::timed_out);
    while (open.judging() > 0) {
        open.changed.reset();
        co_await open.changed.wait_uncancelled();
    }
    if (open.failure) {
        std::rethrow_exception(open.failure);
    }
    co_return std::move(open.results);
}

/// A judge that needs no time; none if there is no handler.
reply_judge judge_at_once(reply_handler on_reply) {
    if (!on_reply) {
        return {};
    }
    return [on_reply = std::move(on_reply)](std::size_t index, frame& reply, const verdict& judged) {
        judged(on_reply(index, reply));
    };
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
    open_calls open(rt, std::move(peers), policy, judge_at_once(std::move(on_reply)), std::move(on_arrival));
    auto make = [&calls](std::size_t i) {
        return prepared{std::move(calls[i].request), calls[i].reply_limits};
    };
    co_return co_await run_to_end(rt, open, std::move(make), policy.deadline);
}

awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<connection_ptr> peers, request_maker make,
                                        frame_limits reply_limits, gather_policy policy,
                                        reply_handler on_reply, arrival_handler on_arrival) {
    return gather(rt, std::move(peers), std::move(make), reply_limits, policy,
                  judge_at_once(std::move(on_reply)), std::move(on_arrival));
}

awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<connection_ptr> peers, request_maker make,
                                        frame_limits reply_limits, gather_policy policy, reply_judge judge,
                                        arrival_handler on_arrival) {
    co_await asio::this_coro::throw_if_cancelled(false);
    open_calls open(rt, std::move(peers), policy, std::move(judge), std::move(on_arrival));
    auto whole = [&](std::size_t i) { return prepared{make(i), reply_limits}; };
    co_return co_await run_to_end(rt, open, std::move(whole), policy.deadline);
}

} // namespace fedasio::net
