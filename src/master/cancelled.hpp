#pragma once

#include <fedasio/net/runtime.hpp>

#include <exception>

namespace fedasio::master {

/// The training was asked to end now, by `stop` or because the process ends. Every step of a round throws it
/// when it sees that, and only training::run() catches it.
class cancelled : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "the training was asked to end"; }
};

/// Throws `cancelled` if the calling coroutine was asked to end.
inline net::awaitable<void> throw_if_cancelled() {
    const bool is_cancelled = co_await net::is_cancelled();
    if (is_cancelled) {
        throw cancelled();
    }
}

} // namespace fedasio::master
