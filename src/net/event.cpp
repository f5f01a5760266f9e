#include <fedasio/net/event.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include <optional>
#include <utility>

namespace fedasio::net {

// The handler sits in an optional because Boost 1.81's any_completion_handler recurses for ever when assigned
// to.
struct event::waiter
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    std::optional<handler> wake;
    asio::any_io_executor executor; // keeps run() alive while somebody waits
};

// A coroutine often owns the event that it waits for, which would keep both alive for ever when the context
// goes first. So every context knows who waits on it, and lets go of them as it does of its own operations.
class event::waiting_room final : public asio::execution_context::service {
public:
    using key_type = waiting_room;
    static asio::execution_context::id id;

    explicit waiting_room(asio::execution_context& context) : service(context) {}

    static waiting_room& of(const asio::any_io_executor& executor) {
        return asio::use_service<waiting_room>(asio::query(executor, asio::execution::context));
    }

    void enter(waiter& who) { waiters_.push_back(who); }

private:
    void shutdown() override {
        while (!waiters_.empty()) {
            auto& who = waiters_.front();
            waiters_.pop_front();
            const auto wake = std::move(who.wake);
            who.wake.reset();
        }
    }

    boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>> waiters_;
};

asio::execution_context::id event::waiting_room::id;

event::event(asio::any_io_executor executor) : executor_(std::move(executor)) {}

void event::complete(waiter& who, error_code ec) {
    auto wake = std::move(*who.wake);
    who.wake.reset();
    who.unlink();
    auto executor = std::move(who.executor);
    asio::post(executor, [wake = std::move(wake), ec]() mutable { std::move(wake)(ec); });
}

void event::set() {
    set_ = true;
    const auto woken = std::exchange(waiters_, {});
    for (const auto& who : woken) {
        if (who->wake) {
            asio::get_associated_cancellation_slot(*who->wake).clear();
            complete(*who, {});
        }
    }
}

void event::enlist(handler wake, asio::any_io_executor executor, cancellation what) {
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
    waiting_room::of(executor_).enter(*who);
    if (slot.is_connected() && what == cancellation::ends_it) {
        slot.assign([this, weak = std::weak_ptr<waiter>(who)](asio::cancellation_type) {
            const auto waiting = weak.lock();
            if (waiting && waiting->wake) {
                waiters_.remove(waiting);
                complete(*waiting, asio::error::operation_aborted);
            }
        });
    }
}

awaitable<error_code> event::suspend(cancellation what) {
    auto initiate = [](auto on_done, event* self, cancellation heeded) {
        asio::any_io_executor executor = asio::get_associated_executor(on_done, self->executor_);
        self->enlist(std::move(on_done), std::move(executor), heeded);
    };
    auto operation = asio::async_initiate<const asio::as_tuple_t<asio::use_awaitable_t<>>, void(error_code)>(
        initiate, asio::as_tuple(asio::use_awaitable), this, what);
    auto [ec] = co_await std::move(operation);
    co_return ec;
}

// A cancellation is told once, to whoever waits at that moment. One that comes between another wake-up and
// the turn of who was woken is only seen in the coroutine's state; it would wait once more, for ever.
awaitable<error_code> event::wait() {
    auto state = co_await asio::this_coro::cancellation_state;
    error_code ec = asio::error::operation_aborted;
    if (state.cancelled() == asio::cancellation_type::none) {
        ec = co_await suspend(cancellation::ends_it);
    }
    if (state.cancelled() != asio::cancellation_type::none) {
        ec = asio::error::operation_aborted;
    }
    co_return ec;
}

awaitable<void> event::wait_uncancelled() {
    while (!set_) {
        co_await suspend(cancellation::is_ignored);
    }
}

} // namespace fedasio::net
