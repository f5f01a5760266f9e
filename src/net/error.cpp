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
