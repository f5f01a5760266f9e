#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace fedasio::net {
namespace {

bool is_abort(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

/// Ends the process with the exception as the reason that std::terminate() sees.
[[noreturn]] void die_of(const std::exception_ptr& failure) noexcept {
    std::rethrow_exception(failure);
}

} // namespace

nursery::nursery(const asio::any_io_executor& executor, failure_handler on_failure)
    : executor_(executor), on_failure_(std::move(on_failure)), idle_(executor),
      alive_(std::make_shared<bool>(true)) {
    idle_.set();
}

// When the whole execution context goes, it destroys its coroutines in any order; then children that are left
// are not a leak, and their completion is never called. `alive_` tells such a late completion that there is
// nobody to tell.
nursery::~nursery() {
    *alive_ = false;
}

void nursery::spawn(awaitable<void> child) {
    const auto place = children_.emplace(children_.end());
    idle_.reset();
    auto done = [this, place, alive = alive_](const std::exception_ptr& failure) {
        if (!*alive) {
            return;
        }
        if (failure && !is_abort(failure)) {
            if (!on_failure_) {
                die_of(failure);
            }
            on_failure_(failure);
        }
        children_.erase(place);
        if (children_.empty()) {
            idle_.set();
        }
    };
    try {
        asio::co_spawn(executor_, std::move(child),
                       asio::bind_cancellation_slot(place->slot(), std::move(done)));
    } catch (...) { // there is no memory for it: nobody must wait for a child that never began
        children_.erase(place);
        if (children_.empty()) {
            idle_.set();
        }
        throw;
    }
}

void nursery::cancel() {
    for (auto it = children_.begin(); it != children_.end();) {
        const auto current = it++;
        current->emit(asio::cancellation_type::terminal);
    }
}

awaitable<void> nursery::join(std::function<void()> on_cancel) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!children_.empty()) {
        if (!on_cancel) {
            co_await idle_.wait_uncancelled();
            continue;
        }
        const auto cancelled = co_await idle_.wait();
        if (cancelled) {
            std::exchange(on_cancel, {})();
        }
    }
}

} // namespace fedasio::net
