#pragma once

#include <fedasio/net/runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <net/virtual_clock.hpp>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

namespace fedasio::net::testing {

/// A runtime without the outside world: virtual time, seeded entropy, and handlers that run only inside the
/// calls below.
class virtual_runtime {
public:
    explicit virtual_runtime(std::uint64_t seed = 1)
        : time_(context_.get_executor()), entropy_(seed),
          runtime_{context_.get_executor(), time_, [this] { return entropy_(); }} {}

    [[nodiscard]] runtime& get() noexcept { return runtime_; }

    operator runtime&() noexcept { return runtime_; } // NOLINT(google-explicit-constructor)

    [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

    [[nodiscard]] virtual_clock& time() noexcept { return time_; }

    [[nodiscard]] clock::time_point now() const { return time_.now(); }

    /// Runs what can run now, until nothing is left; returns how many handlers that were.
    std::size_t settle() {
        context_.restart();
        return context_.poll();
    }

    /// Runs one handler, if one is ready.
    bool step() {
        context_.restart();
        return context_.poll_one() > 0;
    }

    /// True when no handler is ready and nobody waits for anything.
    [[nodiscard]] bool is_dry() {
        settle();
        return context_.stopped();
    }

    /// Lets time pass, from alarm to alarm.
    void run_for(clock::duration duration) {
        const auto end = time_.now() + duration;
        settle();
        for (auto next = time_.next(); next && *next <= end; next = time_.next()) {
            time_.advance_to(*next);
            settle();
        }
        time_.advance_to(end);
        settle();
    }

    /// Lets time pass as a suspended process sees it: all at once.
    void jump(clock::duration duration) {
        time_.advance(duration);
        settle();
    }

    /// Runs a coroutine to its end, letting time pass as far as is needed; throws what it throws, and
    /// std::runtime_error when it still waits after a virtual day.
    template <typename T>
    T run(awaitable<T> work) {
        auto state = std::make_shared<outcome_of<T>>();
        asio::co_spawn(context_, std::move(work), [state](std::exception_ptr failure, T value) {
            state->done = true;
            state->failure = std::move(failure);
            state->value.emplace(std::move(value));
        });
        wait_for(*state);
        return std::move(*state->value);
    }

    void run(awaitable<void> work) {
        auto state = std::make_shared<outcome_of<int>>();
        asio::co_spawn(context_, std::move(work), [state](std::exception_ptr failure) {
            state->done = true;
            state->failure = std::move(failure);
        });
        wait_for(*state);
    }

private:
    template <typename T>
    struct outcome_of {
        bool done = false;
        std::exception_ptr failure;
        std::optional<T> value;
    };

    template <typename T>
    void wait_for(const outcome_of<T>& state) {
        const auto patience = time_.now() + std::chrono::hours(24);
        settle();
        while (!state.done) {
            const auto next = time_.next();
            if (!next || *next > patience) {
                throw std::runtime_error("a coroutine waits for something that never comes");
            }
            time_.advance_to(*next);
            settle();
        }
        if (state.failure) {
            std::rethrow_exception(state.failure);
        }
    }

    asio::io_context context_;
    virtual_clock time_;
    std::mt19937_64 entropy_;
    runtime runtime_;
};

} // namespace fedasio::net::testing
