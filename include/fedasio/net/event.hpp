#pragma once

#include <fedasio/net/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <list>
#include <memory>

namespace fedasio::net {

namespace asio = boost::asio;
using asio::awaitable;

/// A level-triggered flag that coroutines wait for. It stays set until `reset`, so a wake-up cannot be lost,
/// and it needs no timer, so it works under a virtual clock. Lives on one executor; must outlive its waiters.
/// Coroutines that still wait when the execution context goes are destroyed with it.
class event {
public:
    explicit event(asio::any_io_executor executor);
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    void set();

    void reset() noexcept { set_ = false; }

    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Ends with success when set. A coroutine that is cancelled, or was before, never waits here, whatever
    /// else wakes it: it gets `operation_aborted` at once. So a loop that waits until its condition holds
    /// ends with its coroutine, as long as it ends on an error.
    awaitable<error_code> wait();
    /// Waits until set, also when the coroutine is cancelled: for who must see the end of what refers to its
    /// variables. Needs `throw_if_cancelled(false)`, as every co_await of a cancelled coroutine does.
    awaitable<void> wait_uncancelled();

private:
    struct waiter;
    class waiting_room;
    using handler = asio::any_completion_handler<void(error_code)>;

    enum class cancellation { ends_it, is_ignored };

    awaitable<error_code> suspend(cancellation what);
    void enlist(handler wake, asio::any_io_executor executor, cancellation what);
    static void complete(waiter& who, error_code ec);

    asio::any_io_executor executor_;
    std::list<std::shared_ptr<waiter>> waiters_;
    bool set_ = false;
};

} // namespace fedasio::net
