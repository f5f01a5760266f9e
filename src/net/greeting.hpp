#pragma once

#include <fedasio/net/error.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace fedasio::net {

/// What the shared-key handshake begins with.
constexpr std::array<std::byte, 4> key_greeting{std::byte{'F'}, std::byte{'D'}, std::byte{'K'},
                                                std::byte{'1'}};

/// What the peer speaks that begins with these bytes, as an error for one who expected something else.
[[nodiscard]] error_code unexpected_greeting(std::span<const std::byte, 4> first) noexcept;

} // namespace fedasio::net
