#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include <memory>

namespace fedasio::net {

/// A stream over a descriptor of a connected local socket, such as one end of a socketpair(2), which it owns
/// from now on. Throws boost::system::system_error, and then does not own it, if it is no local stream
/// socket.
std::unique_ptr<stream> adopt_local_stream(runtime& rt, int descriptor);

} // namespace fedasio::net
