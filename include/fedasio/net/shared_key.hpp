#pragma once

#include <fedasio/net/handshake.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>

namespace fedasio::net {

/// 256 random bits that both sides know. The file holds them as 64 hexadecimal digits and may be readable by
/// its owner only. Functions that read or write it throw std::runtime_error with file and remedy.
class shared_key {
public:
    using bytes = std::array<std::byte, 32>;

    explicit shared_key(const bytes& value) noexcept : bytes_(value) {}

    shared_key(const shared_key&) = default;
    shared_key& operator=(const shared_key&) = default;
    /// Wipes its memory.
    ~shared_key();

    static shared_key read(const std::filesystem::path& file);
    /// Makes the file if it is not there. Of several that do so at once, all get the same key.
    static shared_key read_or_make(const std::filesystem::path& file);

    using nonce = std::array<std::byte, 32>;
    using proof = std::array<std::byte, 32>;

    /// That `prover` knows the key: HMAC-SHA-256 (RFC 2104) over its role and both nonces.
    [[nodiscard]] proof prove(side prover, const nonce& of_connecting, const nonce& of_accepting) const;

private:
    bytes bytes_;
};

/// Challenge and response over both nonces (docs/protocol.md#key): each side learns that the other knows the
/// key, the accepting side first. The stream is neither encrypted nor otherwise protected afterwards.
/// Fails with `errc::wrong_key`, `peer_is_unprotected`, `peer_uses_tls`, `handshake_timeout`,
/// `not_authenticated`, or what the stream says.
awaitable<opened> prove_key(runtime& rt, std::unique_ptr<stream> wire, shared_key key, side own,
                            clock::duration patience = handshake_patience);

} // namespace fedasio::net
