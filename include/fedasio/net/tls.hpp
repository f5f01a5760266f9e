#pragma once

#include <fedasio/net/handshake.hpp>
#include <fedasio/net/tls_error.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::net {

/// Who shows a certificate.
enum class tls_use {
    mutual,  ///< both sides, as below
    serving, ///< this side only, and it accepts: browsers have none. No revocation list is needed
    asking   ///< the accepting side only, and this one connects; see the constructor
};

/// TLS 1.3 (RFC 8446) with certificates on both sides, over any stream. No session is ever resumed, so no
/// handshake can be replayed; no early data. Of a peer that is not known yet, no more than 16 KiB is taken.
///
/// The peer's certificate must be signed by the kit's authority, be valid now (by the runtime's clock), not
/// be on the kit's revocation list, and be made for the other role; that of an accepting side must name the
/// host that was dialled. Streams that it gives know their `peer_name`.
class tls {
public:
    /// Told in a sentence when the kit was read anew, or could not be.
    using kit_handler = std::function<void(const std::string&)>;

    /// `kit` is a folder with `ca.pem`, `cert.pem`, `key.pem` (readable by its owner only) and `crl.pem`.
    /// When one of them changes, the next handshake uses the new ones; if they cannot be used, the old ones
    /// stay. Throws std::runtime_error with file and remedy.
    ///
    /// For `asking`, `kit` is a file with the authority's certificate; empty: the system's authorities.
    tls(runtime& rt, std::filesystem::path kit, kit_handler on_kit = {}, tls_use use = tls_use::mutual);
    tls(const tls&) = delete;
    tls& operator=(const tls&) = delete;
    ~tls();

    /// Whether this side's certificate can be used as `own`, at this moment: it is for that role, valid now
    /// and not on the kit's revocation list, if it has one. Throws std::runtime_error with file, reason and
    /// remedy if not; returns a warning when fewer than 30 days are left, else nothing. Not for `asking`.
    [[nodiscard]] std::string check_own(side own) const;

    /// The common name of this side's certificate.
    [[nodiscard]] const std::string& own_name() const noexcept;
    /// The hosts, names and addresses, for which this side's certificate counts; empty for a worker's.
    [[nodiscard]] std::vector<std::string> own_hosts() const;

    /// Fail with a tls_errc, `errc::peer_is_unprotected`, `peer_uses_key`, `peer_uses_http`,
    /// `handshake_timeout`, `not_authenticated`, or what the stream says. In TLS 1.3 a connecting side is
    /// done before the accepting one has looked at its certificate; a refusal is the error of its first read.
    awaitable<opened> accept(std::unique_ptr<stream> wire, clock::duration patience = handshake_patience);
    awaitable<opened> connect(std::unique_ptr<stream> wire, const std::string& host,
                              clock::duration patience = handshake_patience);

private:
    struct kit;

    void read_again_if_changed();

    runtime& rt_;
    std::filesystem::path folder_;
    tls_use use_;
    kit_handler on_kit_;
    std::unique_ptr<const kit> kit_;
    std::string seen_; ///< the state of the files when they were last looked at
};

} // namespace fedasio::net
