#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace fedasio::net {

using boost::system::error_code;

/// What can go wrong between two peers, beyond what the operating system reports.
enum class errc {
    bad_magic = 1,       ///< the bytes are not a fedasio frame
    bad_version,         ///< a frame of another protocol version
    bad_flags,           ///< flags that this version does not define
    bad_type,            ///< a frame type that is reserved or not expected here
    meta_too_large,      ///< announced meta is over the limit in force
    body_too_large,      ///< announced body is over the limit in force
    bad_checksum,        ///< header, meta or body do not match their CRC-32C
    bad_meta,            ///< meta is not a JSON object
    unexpected_reply,    ///< a reply to a request that was never made, or a second reply
    truncated,           ///< the peer closed inside a frame
    heartbeat_lost,      ///< nothing was heard for the heartbeat timeout
    slow_reader,         ///< the peer does not take what it is sent
    slow_writer,         ///< the peer began a frame and does not go on with it
    handshake_timeout,   ///< the peer did not introduce itself in time
    too_many_peers,      ///< the listener's cap on connections is reached
    closed_by_peer,      ///< the peer said goodbye
    closed,              ///< closed on this side
    gave_up,             ///< no connection within the time allowed for it
    too_many_strangers,  ///< too many peers of one address that have not proved themselves yet
    wrong_key,           ///< the peer does not know the shared key of this side
    peer_is_unprotected, ///< the peer sends frames at once; here it must prove itself first
    peer_uses_key,       ///< the peer expects the shared-key handshake
    peer_uses_tls,       ///< the peer speaks TLS
    not_authenticated,   ///< the peer hung up before it was known who it is
    peer_uses_http,      ///< the peer speaks plain HTTP
    no_memory,           ///< this side has no memory for what the peer sends
    too_few_descriptors, ///< the descriptors that are left are kept for files
};

const boost::system::error_category& category() noexcept;

inline error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), category()};
}

} // namespace fedasio::net

template <>
struct boost::system::is_error_code_enum<fedasio::net::errc> : std::true_type {};
