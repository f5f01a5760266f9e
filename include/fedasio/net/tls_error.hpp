#pragma once

#include <fedasio/net/error.hpp>

#include <type_traits>

namespace fedasio::net {

/// Why two sides cannot speak TLS. What is wrong with the certificate of the other side comes first; the
/// `own_` ones are what the other side says of this side's.
enum class tls_errc {
    expired = 1,
    not_yet_valid,
    revoked,
    other_authority,
    wrong_role, ///< a worker's certificate used as a master's, or the other way round
    wrong_name, ///< not the master that was dialled
    missing,
    stale_list, ///< the revocation list is expired, absent or from another authority
    bad_certificate,
    own_expired,
    own_revoked,
    own_other_authority,
    own_wrong_role,
    own_bad_certificate, ///< also one that is not valid yet
    handshake_failed, ///< anything else before the first frame: other versions, damaged or oversized messages
    damaged,          ///< bytes that are not what the peer encrypted
};

const boost::system::error_category& tls_category() noexcept;

inline error_code make_error_code(tls_errc code) noexcept {
    return {static_cast<int>(code), tls_category()};
}

} // namespace fedasio::net

template <>
struct boost::system::is_error_code_enum<fedasio::net::tls_errc> : std::true_type {};
