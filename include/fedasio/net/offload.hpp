#pragma once

#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace fedasio::net {

/// What a job of `offload` gives.
template <class Job, bool Stoppable = std::is_invocable_v<Job&, std::stop_token>>
struct job_result {
    using type = std::invoke_result_t<Job&>;
};

template <class Job>
struct job_result<Job, true> {
    using type = std::invoke_result_t<Job&, std::stop_token>;
};

/// Runs `job` on another executor (a thread pool) and comes back with its result, or its exception, on the
/// runtime's own thread. A job that has begun is always waited for, also when the caller is cancelled, so it
/// may refer to the caller's variables; one that takes a std::stop_token is asked to end early when the
/// caller is cancelled. The pool must be joined before the runtime's context goes.
template <class Job>
awaitable<typename job_result<Job>::type> offload(runtime& rt, asio::any_io_executor pool, Job job) {
    using result = typename job_result<Job>::type;

    struct shared_state {
        explicit shared_state(const asio::any_io_executor& home) : done(home) {}

        std::optional<result> value;
        std::exception_ptr failure;
        event done;
        std::stop_source stop;
    };

    co_await asio::this_coro::throw_if_cancelled(false);
    auto state = std::make_shared<shared_state>(rt.executor);
    const bool cancelled = co_await is_cancelled();
    if (cancelled) {
        state->stop.request_stop();
    }
    asio::post(pool, [state, home = rt.executor, job = std::move(job)]() mutable {
        try {
            if constexpr (std::is_invocable_v<Job&, std::stop_token>) {
                state->value.emplace(job(state->stop.get_token()));
            } else {
                state->value.emplace(job());
            }
        } catch (...) {
            state->failure = std::current_exception();
        }
        asio::post(home, [state] { state->done.set(); });
    });
    const auto ec = co_await state->done.wait();
    if (ec) {
        state->stop.request_stop();
    }
    co_await state->done.wait_uncancelled();
    if (state->failure) {
        // Moved out, so that the exception ends on this thread and not with the pool's last hold on the
        // state.
        std::rethrow_exception(std::exchange(state->failure, nullptr));
    }
    co_return std::move(*state->value);
}

} // namespace fedasio::net
