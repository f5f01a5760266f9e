#pragma once

#include <fedasio/net/connection.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace fedasio::net {

/// One request of a `gather`. A peer may be asked several times in one gather.
struct call {
    connection_ptr peer; ///< null counts as lost
    frame request;
    frame_limits reply_limits;

    call(connection_ptr who, frame what, frame_limits limits = {})
        : peer(std::move(who)), request(std::move(what)), reply_limits(limits) {}
};

/// When a gather ends before all have answered.
struct gather_policy {
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    clock::time_point deadline = clock::time_point::max();
    std::size_t quorum = all;     ///< ends as soon as so many replies were accepted
    std::size_t counted_from = 0; ///< only those to this call and the later ones count for the quorum

    gather_policy() = default;

    explicit gather_policy(clock::time_point until, std::size_t enough = all)
        : deadline(until), quorum(enough) {}
};

/// How one call ended.
struct gathered {
    outcome result = outcome::lost;
    std::string code;
    std::string reason;
    bool withdrawn = false; ///< there was no answer, and the request was taken back before it was sent
};

/// Gets each reply as it comes, so that a body need not be kept until the last one is there. Returns why the
/// reply is not acceptable (it then counts as refused with code "invalid"), or an empty string. The
/// text of an exception counts as such a reason.
using reply_handler = std::function<std::string(std::size_t index, frame& reply)>;
/// Gives the judgement on one reply, once and on the runtime's thread: what reply_handler returns.
using verdict = std::function<void(std::string objection)>;
/// The same for who needs time for it, on other threads: the reply counts, or not, when `judged` is called.
/// The gather waits for judgements that are under way, whatever ends it.
using reply_judge = std::function<void(std::size_t index, frame& reply, verdict judged)>;
/// Is told that the body of a reply begins to arrive.
using arrival_handler = std::function<void(std::size_t index)>;

/// Makes the request of one call when there is room for it at its peer.
using request_maker = std::function<frame(std::size_t index)>;

/// The one ack barrier: sends the requests as there is room for them (connection::has_room), hands replies on
/// as they come, and ends when every call is settled, at the deadline (`timed_out`), at the quorum
/// (`not_needed`) or when the caller is cancelled
/// (`cancelled`). Answers that come later are dropped. Starts no coroutine, so none can be left behind. The
/// result is in the order of `calls`.
awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<call> calls, gather_policy policy,
                                        reply_handler on_reply = {}, arrival_handler on_arrival = {});

/// The same for many calls, of which any number may be to one peer: a request takes no memory before it is
/// sent. `make` must not throw but for want of memory.
awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<connection_ptr> peers, request_maker make,
                                        frame_limits reply_limits, gather_policy policy,
                                        reply_handler on_reply = {}, arrival_handler on_arrival = {});

/// The same with judgements that come later.
awaitable<std::vector<gathered>> gather(runtime& rt, std::vector<connection_ptr> peers, request_maker make,
                                        frame_limits reply_limits, gather_policy policy, reply_judge judge,
                                        arrival_handler on_arrival = {});

} // namespace fedasio::net
