#pragma once

#include <fedasio/net/reconnect.hpp>
#include <fedasio/net/stream.hpp>

#include <memory>
#include <string>

namespace fedasio::net {

/// Two streams within this process, each the other end of the other.
struct memory_streams {
    std::unique_ptr<stream> first;
    std::unique_ptr<stream> second;
};

/// How the bodies of frames get from one end to the other.
enum class bodies { as_bytes, by_reference };

/// Nothing is stored between the two ends: a write waits for a read and copies straight from the writer's
/// buffers into the reader's, so memory is bounded by nature and each byte is copied once. Two peers that
/// both write and never read wait for ever.
///
/// As over TCP, what was written before `shutdown_send` is read before the end. `close` ends the own reads
/// and writes with `operation_aborted`, the peer's reads with `eof` and its writes with `broken_pipe`. Both
/// ends live on one executor; destroying one closes it. `first_name` and `second_name` are what `remote` says
/// of the first and of the second end. With `bodies::by_reference` each end hands bodies over (see stream),
/// which is for connections at both ends.
memory_streams make_memory_streams(const asio::any_io_executor& executor,
                                   const std::string& first_name = "memory",
                                   const std::string& second_name = "memory", bodies how = bodies::as_bytes);

/// An acceptor and what connects to it, within this process and without sockets, for connections, whose
/// bodies go by reference.
struct memory_network {
    std::unique_ptr<acceptor> source;
    /// Opens one stream and leaves the other end, "memory:1" and so on, to be accepted; `connection_refused`
    /// once `source` is closed or gone. May be copied.
    dialer dial;
};

memory_network make_memory_network(const asio::any_io_executor& executor);

} // namespace fedasio::net
