#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <random>
#include <utility>

namespace fedasio::net {
namespace {

class timer_alarm final : public alarm {
public:
    timer_alarm(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point when,
                std::function<void()> action)
        : timer_(executor, when), action_(std::make_shared<std::function<void()>>(std::move(action))) {
        // The weak pointer, not the error code, tells whether the alarm still stands: a timer that has
        // expired already can no longer be cancelled.
        timer_.async_wait([weak = std::weak_ptr(action_)](error_code ec) {
            if (const auto call = weak.lock(); call && !ec) {
                (*call)();
            }
        });
    }

private:
    asio::steady_timer timer_;
    std::shared_ptr<std::function<void()>> action_;
};

class system_clock final : public clock {
public:
    explicit system_clock(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    [[nodiscard]] time_point now() const override {
        return time_point(std::chrono::steady_clock::now().time_since_epoch());
    }

    [[nodiscard]] double unix_time() const override {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    }

    [[nodiscard]] std::unique_ptr<alarm> at(time_point when, std::function<void()> action) override {
        const std::chrono::steady_clock::time_point expiry(when.time_since_epoch());
        return std::make_unique<timer_alarm>(executor_, expiry, std::move(action));
    }

private:
    asio::any_io_executor executor_;
};

std::uint64_t system_entropy() {
    thread_local std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

} // namespace

system_runtime::system_runtime(asio::io_context& context)
    : clock_(std::make_unique<system_clock>(context.get_executor())),
      runtime_{context.get_executor(), *clock_, system_entropy} {}

system_runtime::~system_runtime() = default;

awaitable<void> sleep_until(runtime& rt, clock::time_point when) {
    event due(rt.executor);
    const auto alarm = rt.time.at(when, [&due] { due.set(); });
    co_await due.wait();
}

awaitable<void> sleep_for(runtime& rt, clock::duration time) {
    co_await sleep_until(rt, rt.time.now() + time);
}

awaitable<bool> is_cancelled() {
    auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

} // namespace fedasio::net
