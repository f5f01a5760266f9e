#pragma once

#include <fedasio/net/handshake.hpp>

#include "net/tls_kit.hpp"
#include <memory>
#include <string>
#include <vector>

namespace fedasio::net {

/// OpenSSL between plain bytes and a stream, joined by two buffers in memory: it never waits itself.
/// Coroutines hold it, so that the stream may be destroyed while they wait.
class tls_engine {
public:
    tls_engine(SSL_CTX& context, std::unique_ptr<stream> wire, side own);

    [[nodiscard]] SSL& ssl() noexcept { return *ssl_; }

    [[nodiscard]] stream& wire() noexcept { return *wire_; }

    [[nodiscard]] const stream& wire() const noexcept { return *wire_; }

    static awaitable<error_code> shake_hands(std::shared_ptr<tls_engine> self);
    static awaitable<transferred> read_some(std::shared_ptr<tls_engine> self, asio::mutable_buffer into);
    static awaitable<transferred> write_some(std::shared_ptr<tls_engine> self,
                                             std::span<const asio::const_buffer> from);
    /// Says that nothing more comes, after what a write is sending.
    static void shutdown_send(const std::shared_ptr<tls_engine>& self, const asio::any_io_executor& executor);

private:
    /// Sends all that OpenSSL has to say.
    awaitable<error_code> flush();
    static awaitable<void> finish(std::shared_ptr<tls_engine> self);
    /// Reads what OpenSSL waits for.
    awaitable<error_code> fill();
    [[nodiscard]] error_code check_first_bytes(std::size_t got) const;
    /// What stands in OpenSSL's queue of errors.
    [[nodiscard]] error_code failure() const;

    std::unique_ptr<stream> wire_;
    side own_;
    ssl_ptr ssl_;
    BIO* incoming_; ///< owned by `ssl_`, as is the other
    BIO* outgoing_;
    std::vector<std::byte> received_;
    std::vector<std::byte> sending_;
    std::size_t strangers_bytes_ = 0; ///< came before the peer was known
    bool is_known_ = false;
    bool is_sending_ = false;
    bool is_shut_ = false;
};

/// What an engine becomes once the peer is known.
std::unique_ptr<stream> make_tls_stream(std::shared_ptr<tls_engine> engine, asio::any_io_executor executor);

} // namespace fedasio::net
