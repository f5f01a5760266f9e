#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace fedasio::net {

/// Runs `job` on another executor (a thread pool) and comes back with its result, or its exception, on the
/// runtime's own thread. A job that has begun is always waited for, also when the caller is cancelled, so it
/// may refer to the caller's variables. The pool must be joined before the runtime's context goes.
template <class Job>
awaitable<std::invoke_result_t<Job&>> offload(runtime& rt, asio::any_io_executor pool, Job job) {
    using result = std::invoke_result_t<Job&>;

    struct shared_state {
        explicit shared_state(const asio::any_io_executor& home) : done(home) {}

        std::optional<result> value;
        std::exception_ptr failure;
        event done;
    };

    co_await asio::this_coro::throw_if_cancelled(false);
    auto state = std::make_shared<shared_state>(rt.executor);
    asio::post(pool, [state, home = rt.executor, job = std::move(job)]() mutable {
        try {
            state->value.emplace(job());
        } catch (...) {
            state->failure = std::current_exception();
        }
        asio::post(home, [state] { state->done.set(); });
    });
    while (!state->done.is_set()) {
        co_await state->done.wait();
    }
    if (state->failure) {
        // Moved out, so that the exception ends on this thread and not with the pool's last hold on the
        // state.
        std::rethrow_exception(std::exchange(state->failure, nullptr));
    }
    co_return std::move(*state->value);
}

} // namespace fedasio::net
