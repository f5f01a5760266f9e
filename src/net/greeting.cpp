#include "net/greeting.hpp"

#include <fedasio/net/frame.hpp>

#include <algorithm>

namespace fedasio::net {

error_code unexpected_greeting(std::span<const std::byte, 4> first) noexcept {
    if (std::ranges::equal(first, std::as_bytes(std::span(frame_header::magic)))) {
        return errc::peer_is_unprotected;
    }
    if (std::ranges::equal(first, key_greeting)) {
        return errc::peer_uses_key;
    }
    constexpr std::byte alert{0x15};
    constexpr std::byte tls_handshake{0x16};
    if ((first[0] == alert || first[0] == tls_handshake) && first[1] == std::byte{3}) {
        return errc::peer_uses_tls;
    }
    return errc::bad_magic;
}

} // namespace fedasio::net
