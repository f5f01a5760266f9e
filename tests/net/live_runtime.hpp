#pragma once

#include <fedasio/net/runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace fedasio::net::testing {

/// The real clock and real sockets, for what only they can show.
class live_runtime {
public:
    live_runtime() : system_(context_) {}

    operator runtime&() noexcept { return system_.get(); } // NOLINT(google-explicit-constructor)

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    [[nodiscard]] clock::time_point now() { return system_.get().time.now(); }

    /// Runs a coroutine to its end, and everything else meanwhile. Throws what it throws.
    template <typename T>
    T run(awaitable<T> work) {
        std::optional<T> result;
        auto keep = [](awaitable<T> inner, std::optional<T>* into) -> awaitable<void> {
            into->emplace(co_await std::move(inner));
        };
        run(keep(std::move(work), &result));
        return std::move(*result);
    }

    void run(awaitable<void> work) {
        auto done = std::make_shared<bool>(false);
        auto failure = std::make_shared<std::exception_ptr>();
        asio::co_spawn(context_, std::move(work), [done, failure](std::exception_ptr thrown) {
            *done = true;
            *failure = std::move(thrown);
        });
        context_.restart();
        while (!*done) {
            if (context_.run_one_for(std::chrono::minutes(1)) == 0) {
                throw std::runtime_error("nothing happens any more");
            }
        }
        if (*failure) {
            std::rethrow_exception(*failure);
        }
    }

private:
    asio::io_context context_;
    system_runtime system_;
};

} // namespace fedasio::net::testing
