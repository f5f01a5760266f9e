#include <fedasio/net/tls_error.hpp>

#include <string>

namespace fedasio::net {
namespace {

class tls_error_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "fedasio.tls"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<tls_errc>(value)) {
        case tls_errc::expired:
            return "the peer's certificate has expired; issue it a new kit, or set the clock of this machine";
        case tls_errc::not_yet_valid:
            return "the peer's certificate is not valid yet; set the clocks of both machines";
        case tls_errc::revoked:
            return "the peer's certificate is revoked; issue it a new kit if it is to come back";
        case tls_errc::other_authority:
            return "the peer's certificate is from another authority; give both sides kits of the same one";
        case tls_errc::wrong_role:
            return "the peer's certificate is not for its role; a master needs a master's kit, a worker a "
                   "worker's";
        case tls_errc::wrong_name:
            return "the peer's certificate does not name the address that was dialled; dial a name that it "
                   "has, "
                   "issue a kit with this one, or say which name is expected";
        case tls_errc::missing:
            return "the peer has no certificate; start it with a kit";
        case tls_errc::stale_list:
            return "the revocation list of this side's kit is expired or not of its authority; copy crl.pem "
                   "from "
                   "the authority's folder";
        case tls_errc::bad_certificate:
            return "the peer's certificate is not acceptable; issue it a new kit";
        case tls_errc::own_expired:
            return "the peer says that this side's certificate has expired; issue a new kit";
        case tls_errc::own_revoked:
            return "the peer says that this side's certificate is revoked; ask for a new kit";
        case tls_errc::own_other_authority:
            return "the peer does not know the authority of this side's certificate; give both sides kits of "
                   "the "
                   "same one";
        case tls_errc::own_wrong_role:
            return "the peer says that this side's certificate is not for its role; a master needs a "
                   "master's "
                   "kit, a worker a worker's";
        case tls_errc::own_bad_certificate:
            return "the peer does not accept this side's certificate; its log says why";
        case tls_errc::handshake_failed:
            return "TLS 1.3 with certificates could not be agreed on; its other side's log may say more";
        case tls_errc::damaged:
            return "the encrypted stream was damaged on the way";
        }
        return "unknown error";
    }
};

} // namespace

const boost::system::error_category& tls_category() noexcept {
    static const tls_error_category instance;
    return instance;
}

} // namespace fedasio::net
