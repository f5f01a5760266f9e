#pragma once

#include <fedasio/net/runtime.hpp>

#include <functional>

namespace fedasio::program {

/// Calls `first` at the first SIGTERM or SIGINT; a second one, unless it comes
/// in the same breath, ends the process at once. Runs until cancelled.
net::awaitable<void> watch_signals(std::function<void()> first);

} // namespace fedasio::program
