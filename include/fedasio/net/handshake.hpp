#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>
#include <fedasio/net/tcp.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace fedasio::net {

enum class side { accepting, connecting };

/// What comes before the first frame: proves the two ends of a fresh stream to each other, and gives the
/// stream to go on with, or the reason why there is none; then the fresh stream is closed. Ends in bounded
/// time.
using handshake = std::function<awaitable<opened>(std::unique_ptr<stream>)>;

/// For a handshake as a whole.
constexpr clock::duration handshake_patience = std::chrono::seconds(10);

/// Connects by TCP, then proves; without `prove` the fresh stream is what there is.
awaitable<opened> connect_and_prove(runtime& rt, address where, handshake prove);

} // namespace fedasio::net
