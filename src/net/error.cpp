#include <fedasio/net/error.hpp>

#include <string>

namespace fedasio::net {
namespace {

class net_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "fedasio.net"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::bad_magic:
            return "these bytes are not a fedasio frame";
        case errc::bad_version:
            return "the peer speaks another version of the protocol";
        case errc::bad_flags:
            return "unknown flags in a frame";
        case errc::bad_type:
            return "unexpected type of frame";
        case errc::meta_too_large:
            return "the meta of a frame is too large";
        case errc::body_too_large:
            return "the body of a frame is too large";
        case errc::bad_checksum:
            return "a frame was damaged on the way (checksum)";
        case errc::bad_meta:
            return "the meta of a frame is not a JSON object";
        case errc::unexpected_reply:
            return "a reply that nobody asked for";
        case errc::truncated:
            return "the connection ended inside a frame";
        case errc::heartbeat_lost:
            return "the peer fell silent";
        case errc::slow_reader:
            return "the peer does not take what it is sent";
        case errc::slow_writer:
            return "the peer began a frame and does not go on with it";
        case errc::handshake_timeout:
            return "the peer did not introduce itself in time";
        case errc::too_many_peers:
            return "too many connections";
        case errc::closed_by_peer:
            return "the peer said goodbye";
        case errc::closed:
            return "closed on this side";
        case errc::gave_up:
            return "no connection within the time allowed for it";
        case errc::too_many_strangers:
            return "too many connections from its address that have not proved themselves yet";
        case errc::wrong_key:
            return "the two sides have different keys; give both the same key file";
        case errc::peer_is_unprotected:
            return "the peer uses neither TLS nor a key; start both sides with the same protection";
        case errc::peer_uses_key:
            return "the peer uses a shared key; start this side with the same key file";
        case errc::peer_uses_tls:
            return "the peer uses TLS; start both sides with the same protection";
        case errc::peer_uses_http:
            return "the peer speaks plain HTTP; is this a dashboard's port, or that of a proxy?";
        case errc::not_authenticated:
            return "the peer hung up before it was known who it is; do both sides use the same protection?";
        case errc::no_memory:
            return "this side is out of memory";
        case errc::too_few_descriptors:
            return "the open files that are left (ulimit -n) are kept for checkpoints and data";
        }
        return "unknown error";
    }
};

} // namespace

const boost::system::error_category& category() noexcept {
    static const net_category instance;
    return instance;
}

} // namespace fedasio::net
