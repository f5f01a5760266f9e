#include <fedasio/net/local_stream.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace fedasio::net {
namespace {

using protocol = asio::local::stream_protocol;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class local_stream final : public stream {
public:
    explicit local_stream(protocol::socket socket) : socket_(std::move(socket)) {}

    // A cancellation that came before is not told to an operation that begins after it.
    awaitable<transferred> read_some(asio::mutable_buffer into) override {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        auto [ec, bytes] = co_await socket_.async_read_some(into, as_result);
        co_return transferred{ec, bytes};
    }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return transferred{asio::error::operation_aborted, 0};
        }
        auto [ec, bytes] = co_await socket_.async_write_some(from, as_result);
        co_return transferred{ec, bytes};
    }

    void shutdown_send() override {
        error_code ignored;
        socket_.shutdown(protocol::socket::shutdown_send, ignored);
    }

    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] std::string remote() const override { return "a local socket"; }

private:
    protocol::socket socket_;
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
