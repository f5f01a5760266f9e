#pragma once

#include <fedasio/net/runtime.hpp>

#include <functional>

namespace fedasio::program {

/// Calls `first` at the first SIGTERM or SIGINT; the second ends the process at once. Runs until cancelled.
net::awaitable<void> watch_signals(std::function<void()> first);

} // namespace fedasio::program
