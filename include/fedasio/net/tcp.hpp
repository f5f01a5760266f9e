#pragma once

#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::net {

/// HOST:PORT as in flags. An IPv6 address stands in brackets: [::1]:7700.
struct address {
    std::string host;
    std::uint16_t port = 0;

    /// Throws std::invalid_argument that says what form is expected.
    static address parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const address&, const address&) = default;
};

/// Listens on `where`; port 0 lets the system choose (see `acceptor::local`). `send_buffer_bytes` bounds what
/// the kernel keeps for a peer that does not read; 0: the system decides. Of the descriptors
/// that this process may open, `spare` stay free for other uses: a connection that would take one of them is
/// closed at once, which the acceptor tells as errc::too_few_descriptors.
/// Throws boost::system::system_error when the address cannot be had.
std::unique_ptr<acceptor> listen_tcp(runtime& rt, const address& where, int send_buffer_bytes = 0,
                                     std::size_t spare = 0);

/// Resolves and connects, trying each address in turn; `asio::error::timed_out` when that takes longer than
/// `patience` (a look-up of the name that has begun is still waited for).
awaitable<opened> connect_tcp(runtime& rt, address where,
                              clock::duration patience = std::chrono::seconds(10));

} // namespace fedasio::net
