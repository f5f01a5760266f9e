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

    /// Ends with success when set, with `operation_aborted` when the waiting coroutine is cancelled.
    awaitable<error_code> wait();

private:
    struct waiter;
    class waiting_room;
    using handler = asio::any_completion_handler<void(error_code)>;

    void enlist(handler wake, asio::any_io_executor executor);
    static void complete(waiter& who, error_code ec);

    asio::any_io_executor executor_;
    std::list<std::shared_ptr<waiter>> waiters_;
    bool set_ = false;
};

} // namespace fedasio::net
