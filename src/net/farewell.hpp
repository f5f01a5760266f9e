#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

namespace fedasio::net {

/// Closes a stream in a way that lets the peer read what was written last: a socket that is closed with
/// unread bytes takes back what is still on its way. Reads past what comes, for a bounded time and number of
/// bytes.
awaitable<void> close_gently(runtime& rt, stream& wire);

} // namespace fedasio::net
