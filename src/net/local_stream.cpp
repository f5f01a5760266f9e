#include <fedasio/net/local_stream.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>

#include "net/socket_stream.hpp"
#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace fedasio::net {
namespace {

using protocol = asio::local::stream_protocol;

class local_stream final : public socket_stream<protocol::socket> {
public:
    using socket_stream::socket_stream;

    [[nodiscard]] std::string remote() const override { return "a local socket"; }
};

} // namespace

std::unique_ptr<stream> adopt_local_stream(runtime& rt, int descriptor) {
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof(int);
    const bool is_socket = getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
                           getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    if (!is_socket || domain != AF_UNIX || type != SOCK_STREAM) {
        throw boost::system::system_error(is_socket ? EPROTOTYPE : errno, boost::system::system_category(),
                                          "the descriptor " + std::to_string(descriptor) +
                                              " is no local stream socket");
    }
    return std::make_unique<local_stream>(protocol::socket(rt.executor, protocol(), descriptor));
}

} // namespace fedasio::net
