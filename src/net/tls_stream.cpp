#include "net/tls_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "net/greeting.hpp"
#include <algorithm>
#include <new>
#include <utility>

namespace fedasio::net {
namespace {

constexpr std::size_t stranger_buffer = 4096;
constexpr std::size_t peer_buffer = std::size_t{16} << 10;
constexpr std::size_t most_strangers_bytes = std::size_t{16} << 10;
/// Encrypted at a time: enough that system calls cost little.
constexpr std::size_t write_unit = std::size_t{64} << 10;

/// In front of a handshake's first message: a record's header and the message's own.
constexpr std::size_t record_header = 5;
constexpr std::size_t first_header = record_header + 4;

tls_errc from_verdict(long verdict) {
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return tls_errc::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return tls_errc::not_yet_valid;
    case X509_V_ERR_CERT_REVOKED:
        return tls_errc::revoked;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return tls_errc::other_authority;
    case X509_V_ERR_INVALID_PURPOSE:
        return tls_errc::wrong_role;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return tls_errc::wrong_name;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        return tls_errc::stale_list;
    default:
        return tls_errc::bad_certificate;
    }
}

tls_errc from_reason(int reason, bool is_known) {
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return tls_errc::missing;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return tls_errc::own_expired;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return tls_errc::own_revoked;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return tls_errc::own_other_authority;
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return tls_errc::own_wrong_role;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return tls_errc::own_bad_certificate;
    default:
        return is_known ? tls_errc::damaged : tls_errc::handshake_failed;
    }
}

class tls_stream final : public stream {
public:
    tls_stream(std::shared_ptr<tls_engine> engine, asio::any_io_executor executor)
        : engine_(std::move(engine)), executor_(std::move(executor)),
          peer_name_(common_name(SSL_get0_peer_certificate(&engine_->ssl()))) {}

    tls_stream(const tls_stream&) = delete;
    tls_stream& operator=(const tls_stream&) = delete;

    ~tls_stream() override { engine_->wire().close(); }

    awaitable<transferred> read_some(asio::mutable_buffer into) override {
        return tls_engine::read_some(engine_, into);
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        return tls_engine::write_some(engine_, from);
    }

    void limit_unread(std::size_t bytes) override { engine_->wire().limit_unread(bytes); }

    void shutdown_send() override { tls_engine::shutdown_send(engine_, executor_); }

    void close() override { engine_->wire().close(); }

    [[nodiscard]] std::string remote() const override { return engine_->wire().remote(); }

    [[nodiscard]] std::string peer_name() const override { return peer_name_; }

private:
    std::shared_ptr<tls_engine> engine_;
    asio::any_io_executor executor_;
    std::string peer_name_;
};

} // namespace

tls_engine::tls_engine(SSL_CTX& context, std::unique_ptr<stream> wire, side own)
    : wire_(std::move(wire)), own_(own), ssl_(SSL_new(&context)), incoming_(BIO_new(BIO_s_mem())),
      outgoing_(BIO_new(BIO_s_mem())), received_(stranger_buffer) {
    if (!ssl_ || incoming_ == nullptr || outgoing_ == nullptr) {
        BIO_free(incoming_);
        BIO_free(outgoing_);
        throw std::bad_alloc();
    }
    SSL_set_bio(ssl_.get(), incoming_, outgoing_);
    if (own == side::accepting) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
    }
}

error_code tls_engine::failure() const {
    const auto verdict = SSL_get_verify_result(ssl_.get());
    const auto reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    return verdict != X509_V_OK ? from_verdict(verdict) : from_reason(reason, is_known_);
}

/// OpenSSL takes memory for a message when it has read the message's length, so that is looked at before.
error_code tls_engine::check_first_bytes(std::size_t got) const {
    constexpr std::byte handshake_record{22};
    constexpr std::byte client_hello{1};
    const std::span<const std::byte> bytes(received_.data(), got);
    const auto greeting = unexpected_greeting(bytes.first<4>());
    if (greeting != errc::peer_uses_tls) {
        return greeting;
    }
    if (own_ == side::connecting) {
        return {};
    }
    const auto length = std::to_integer<std::size_t>(bytes[6]) << 16U |
                        std::to_integer<std::size_t>(bytes[7]) << 8U | std::to_integer<std::size_t>(bytes[8]);
    const bool good =
        bytes[0] == handshake_record && bytes[5] == client_hello && length <= most_strangers_bytes;
    return good ? error_code{} : error_code(tls_errc::handshake_failed);
}

awaitable<error_code> tls_engine::fill() {
    const bool is_first = !is_known_ && strangers_bytes_ == 0;
    const auto least = !is_first ? 1 : own_ == side::accepting ? first_header : record_header;
    std::size_t filled = 0;
    while (filled < least) {
        const auto got =
            co_await wire_->read_some(asio::buffer(received_.data() + filled, received_.size() - filled));
        const bool cancelled = co_await is_cancelled();
        if (got.error || cancelled) {
            co_return cancelled ? error_code(asio::error::operation_aborted) : got.error;
        }
        filled += got.bytes;
    }
    if (is_first) {
        const auto problem = check_first_bytes(filled);
        if (problem) {
            co_return problem;
        }
    }
    if (!is_known_) {
        strangers_bytes_ += filled;
        if (strangers_bytes_ > most_strangers_bytes) {
            co_return error_code(tls_errc::handshake_failed);
        }
    }
    BIO_write(incoming_, received_.data(), static_cast<int>(filled));
    co_return error_code{};
}

awaitable<error_code> tls_engine::flush() {
    is_sending_ = true;
    error_code problem;
    while (!problem && BIO_ctrl_pending(outgoing_) > 0) {
        // Apart from OpenSSL's buffer, which may move when it has more to say.
        sending_.resize(BIO_ctrl_pending(outgoing_));
        BIO_read(outgoing_, sending_.data(), static_cast<int>(sending_.size()));
        std::span<const std::byte> left(sending_);
        while (!problem && !left.empty()) {
            const asio::const_buffer part(left.data(), left.size());
            const auto sent = co_await wire_->write_some(std::span(&part, 1));
            problem = sent.error;
            left = left.subspan(sent.bytes);
        }
    }
    is_sending_ = false;
    if (is_shut_) {
        wire_->shutdown_send();
    }
    co_return problem;
}

awaitable<error_code> tls_engine::shake_hands(std::shared_ptr<tls_engine> self) {
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(self->ssl_.get());
        const bool wants_more = done != 1 && SSL_get_error(self->ssl_.get(), done) == SSL_ERROR_WANT_READ;
        error_code problem;
        if (done != 1 && !wants_more) {
            problem = self->failure();
        }
        const auto unsent = co_await self->flush();
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return error_code(asio::error::operation_aborted);
        }
        if (problem || unsent) {
            co_return problem ? problem : unsent;
        }
        if (done == 1) {
            self->is_known_ = true;
            // Who showed no certificate is as much a stranger as before, and gets no more memory.
            if (SSL_get_verify_mode(self->ssl_.get()) != SSL_VERIFY_NONE) {
                self->received_.resize(peer_buffer);
            }
            co_return error_code{};
        }
        problem = co_await self->fill();
        if (problem) {
            const bool hung_up = problem == asio::error::eof || problem == asio::error::connection_reset;
            co_return hung_up ? error_code(errc::not_authenticated) : problem;
        }
    }
}

awaitable<transferred> tls_engine::read_some(std::shared_ptr<tls_engine> self, asio::mutable_buffer into) {
    if (into.size() == 0) {
        co_return transferred{};
    }
    for (;;) {
        ERR_clear_error();
        std::size_t bytes = 0;
        const int done = SSL_read_ex(self->ssl_.get(), into.data(), into.size(), &bytes);
        if (done == 1) {
            co_return transferred{{}, bytes};
        }
        const int why = SSL_get_error(self->ssl_.get(), done);
        if (why == SSL_ERROR_ZERO_RETURN) {
            co_return transferred{asio::error::eof, 0};
        }
        if (why != SSL_ERROR_WANT_READ) {
            co_return transferred{self->failure(), 0};
        }
        const auto problem = co_await self->fill();
        if (problem) {
            // An end without the peer's own word for it may be somebody else's doing. Frames say goodbye by
            // themselves, so it is no more than the end that a bare stream has.
            co_return transferred{problem, 0};
        }
    }
}

awaitable<transferred> tls_engine::write_some(std::shared_ptr<tls_engine> self,
                                              std::span<const asio::const_buffer> from) {
    std::size_t taken = 0;
    for (const auto& part : from) {
        const auto bytes = std::min(part.size(), write_unit - taken);
        const auto* const begin = static_cast<const std::byte*>(part.data());
        for (std::size_t done = 0; done < bytes;) {
            ERR_clear_error();
            std::size_t now = 0;
            if (SSL_write_ex(self->ssl_.get(), begin + done, bytes - done, &now) != 1) {
                co_return transferred{self->failure(), 0};
            }
            done += now;
            taken += now;
        }
    }
    const auto problem = co_await self->flush();
    co_return transferred{problem, problem ? 0 : taken};
}

awaitable<void> tls_engine::finish(std::shared_ptr<tls_engine> self) {
    co_await self->flush();
}

void tls_engine::shutdown_send(const std::shared_ptr<tls_engine>& self,
                               const asio::any_io_executor& executor) {
    if (std::exchange(self->is_shut_, true)) {
        return;
    }
    ERR_clear_error();
    SSL_shutdown(self->ssl_.get());
    ERR_clear_error();
    if (!self->is_sending_) {
        asio::co_spawn(executor, finish(self), asio::detached);
    }
}

std::unique_ptr<stream> make_tls_stream(std::shared_ptr<tls_engine> engine, asio::any_io_executor executor) {
    return std::make_unique<tls_stream>(std::move(engine), std::move(executor));
}

} // namespace fedasio::net
