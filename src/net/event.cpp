#include <fedasio/net/event.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace fedasio::net {

// The handler sits in an optional because Boost 1.81's any_completion_handler recurses for ever when assigned
// to.
struct event::waiter {
    std::optional<handler> wake;
    asio::any_io_executor executor; // keeps run() alive while somebody waits
};

event::event(asio::any_io_executor executor) : executor_(std::move(executor)) {}

void event::complete(waiter& who, error_code ec) {
    auto wake = std::move(*who.wake);
    who.wake.reset();
    auto executor = std::move(who.executor);
    asio::post(executor, [wake = std::move(wake), ec]() mutable { std::move(wake)(ec); });
}

void event::set() {
    set_ = true;
    const auto woken = std::exchange(waiters_, {});
    for (const auto& who : woken) {
        asio::get_associated_cancellation_slot(*who->wake).clear();
        complete(*who, {});
    }
}

void event::enlist(handler wake, asio::any_io_executor executor) {
    if (set_) {
        asio::post(executor, [wake = std::move(wake)]() mutable { std::move(wake)(error_code{}); });
        return;
    }
    auto who = std::make_shared<waiter>();
    who->executor = asio::prefer(std::move(executor), asio::execution::outstanding_work.tracked);
    who->wake.emplace(std::move(wake));
    // Erasure already occupied the original slot with a proxy, so the erased handler is asked for its slot.
    auto slot = asio::get_associated_cancellation_slot(*who->wake);
    waiters_.push_back(who);
    if (slot.is_connected()) {
        slot.assign([this, weak = std::weak_ptr<waiter>(who)](asio::cancellation_type) {
            const auto waiting = weak.lock();
            if (waiting && waiting->wake) {
                waiters_.remove(waiting);
                complete(*waiting, asio::error::operation_aborted);
            }
        });
    }
}

awaitable<error_code> event::wait() {
    auto initiate = [](auto on_done, event* self) {
        asio::any_io_executor executor = asio::get_associated_executor(on_done, self->executor_);
        self->enlist(std::move(on_done), std::move(executor));
    };
    auto operation = asio::async_initiate<const asio::as_tuple_t<asio::use_awaitable_t<>>, void(error_code)>(
        initiate, asio::as_tuple(asio::use_awaitable), this);
    auto [ec] = co_await std::move(operation);
    co_return ec;
}

} // namespace fedasio::net
