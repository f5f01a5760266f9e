#pragma once

#include <fedasio/net/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace fedasio::net {

namespace asio = boost::asio;
using asio::awaitable;

/// What everything above this floor gets instead of the outside world: where to run, what time it is, and
/// entropy (for jitter and identifiers, never for learning). All objects of one runtime live on its one
/// thread.
struct runtime {
    asio::any_io_executor executor;
    clock& time;
    std::function<std::uint64_t()> entropy;
};

/// A runtime on the real clock and the system's random numbers. `context` must be run by one thread only.
class system_runtime {
public:
    explicit system_runtime(asio::io_context& context);
    ~system_runtime();
    system_runtime(const system_runtime&) = delete;
    system_runtime& operator=(const system_runtime&) = delete;

    [[nodiscard]] runtime& get() noexcept { return runtime_; }

    operator runtime&() noexcept { return runtime_; } // NOLINT(google-explicit-constructor)

private:
    std::unique_ptr<clock> clock_;
    runtime runtime_;
};

/// Suspends the caller until `when`; ends early when the caller is cancelled, at once when it was before.
awaitable<void> sleep_until(runtime& rt, clock::time_point when);
awaitable<void> sleep_for(runtime& rt, clock::duration time);

/// True once the calling coroutine was asked to end.
awaitable<bool> is_cancelled();

} // namespace fedasio::net
