#pragma once

#include <string>

namespace fedasio::net {

/// Whom limits per address count as one, of what `stream::remote` says: an IPv4 address, or an IPv6 network
/// of 64 bits, which is what one subscriber has. A port may be missing. Of a text that is no address, all
/// before the last colon.
[[nodiscard]] std::string counted_address(const std::string& remote);

} // namespace fedasio::net
