#pragma once

#include <fedasio/net/event.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <functional>
#include <list>

namespace fedasio::net {

/// Structured concurrency: the coroutines started here end before the nursery does. Whoever owns a nursery
/// must `join` it before it goes; only together with the whole execution context may it go with live
/// children.
class nursery {
public:
    /// Called with the exception that a child ended with, on the nursery's executor.
    using failure_handler = std::function<void(std::exception_ptr)>;

    /// Without `on_failure`, a child that throws terminates the process: a child handles its own errors.
    explicit nursery(const asio::any_io_executor& executor, failure_handler on_failure = {});
    nursery(const nursery&) = delete;
    nursery& operator=(const nursery&) = delete;
    ~nursery();

    /// Throws std::bad_alloc; then the child has not begun.
    void spawn(awaitable<void> child);
    /// Asks every child to end (terminal cancellation). A child that ends with `operation_aborted` as an
    /// exception has done as it was asked; that is no failure.
    void cancel();
    /// Waits until no child is left, even when the caller itself is being cancelled.
    /// `on_cancel` is told of that, once.
    awaitable<void> join(std::function<void()> on_cancel = {});

    [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }

private:
    asio::any_io_executor executor_;
    failure_handler on_failure_;
    std::list<asio::cancellation_signal> children_;
    event idle_;
    std::shared_ptr<bool> alive_;
};

} // namespace fedasio::net
