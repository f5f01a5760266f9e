#include "net/greeting.hpp"

#include <fedasio/net/frame.hpp>

#include <algorithm>
#include <string_view>

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
    // Of an answer, and of requests.
    constexpr std::array<std::string_view, 9> http{"HTTP", "GET ", "HEAD", "POST", "PUT ",
                                                   "OPTI", "DELE", "PATC", "CONN"};
    const auto is_like = [first](std::string_view word) {
        return std::ranges::equal(first, std::as_bytes(std::span(word)));
    };
    return std::ranges::any_of(http, is_like) ? errc::peer_uses_http : errc::bad_magic;
}

} // namespace fedasio::net
