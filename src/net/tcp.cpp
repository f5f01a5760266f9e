#include <fedasio/net/tcp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/socket_stream.hpp"
#include <charconv>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/resource.h>
#include <utility>

namespace fedasio::net {
namespace {

using asio::ip::tcp;
using most_unsent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
constexpr int most_unsent_bytes = 128 << 10;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string describe(const tcp::endpoint& endpoint) {
    const auto host = endpoint.address().to_string();
    return address{host, endpoint.port()}.to_string();
}

class tcp_stream final : public socket_stream<tcp::socket> {
public:
    explicit tcp_stream(tcp::socket socket) : socket_stream(std::move(socket)) {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        // What waits for a slow peer waits in the outbox, where it can be taken back, and not in the kernel.
        socket_.set_option(most_unsent(most_unsent_bytes), ignored);
        const auto endpoint = socket_.remote_endpoint(ignored);
        remote_ = describe(endpoint);
    }

    void limit_unread(std::size_t bytes) override {
        error_code ignored;
        socket_.set_option(tcp::socket::receive_buffer_size(static_cast<int>(bytes)), ignored);
    }

    [[nodiscard]] std::string remote() const override { return remote_; }

private:
    std::string remote_;
};

/// Whether the descriptor is one of the last `spare` that may be opened. The system gives the lowest number
/// that is free, so those below it are all in use.
bool is_spare(int descriptor, std::size_t spare) {
    rlimit limit{};
    return spare > 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           static_cast<rlim_t>(descriptor) + spare >= limit.rlim_cur;
}

class tcp_acceptor final : public acceptor {
public:
    tcp_acceptor(const asio::any_io_executor& executor, const tcp::endpoint& endpoint, int send_buffer_bytes,
                 std::size_t spare)
        : acceptor_(executor, endpoint), local_(describe(acceptor_.local_endpoint())), spare_(spare) {
        if (send_buffer_bytes > 0) {
            acceptor_.set_option(
                tcp::socket::send_buffer_size(send_buffer_bytes)); // accepted ones inherit it
        }
    }

    awaitable<opened> accept() override {
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return opened{asio::error::operation_aborted, nullptr};
        }
        auto [ec, socket] = co_await acceptor_.async_accept(as_result);
        opened result{ec, nullptr};
        if (!ec && is_spare(socket.native_handle(), spare_)) {
            result.error = errc::too_few_descriptors;
        } else if (!ec) {
            result.connection = std::make_unique<tcp_stream>(std::move(socket));
        }
        co_return std::move(result);
    }

    void close() override {
        error_code ignored;
        acceptor_.close(ignored);
    }

    [[nodiscard]] std::string local() const override { return local_; }

private:
    tcp::acceptor acceptor_;
    std::string local_;
    std::size_t spare_;
};

} // namespace

address address::parse(std::string_view text) {
    const auto fail = [&](const char* what) {
        return std::invalid_argument("'" + std::string(text) + "': " + what +
                                     "; expected HOST:PORT, for example 127.0.0.1:7700 or [::1]:7700");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        throw fail(colon == 0 ? "the host is missing" : "the port is missing");
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port_text = text.substr(colon + 1);
    if (host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        throw fail("an IPv6 address stands in brackets");
    }
    if (host.empty()) {
        throw fail("the host is missing");
    }
    address result{std::string(host), 0};
    const auto* const end = port_text.data() + port_text.size();
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): from_chars is given the end.
    const auto [stopped, ec] = std::from_chars(port_text.data(), end, result.port);
    if (ec != std::errc() || stopped != end) {
        throw fail("the port is not a number from 0 to 65535");
    }
    return result;
}

std::string address::to_string() const {
    const auto text = std::to_string(port);
    return host.find(':') == std::string::npos ? host + ":" + text : "[" + host + "]:" + text;
}

std::unique_ptr<acceptor> listen_tcp(runtime& rt, const address& where, int send_buffer_bytes,
                                     std::size_t spare) {
    tcp::resolver resolver(rt.executor);
    const auto found = resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive);
    return std::make_unique<tcp_acceptor>(rt.executor, found.begin()->endpoint(), send_buffer_bytes, spare);
}

awaitable<opened> connect_tcp(runtime& rt, address where, clock::duration patience) {
    tcp::resolver resolver(rt.executor);
    tcp::socket socket(rt.executor);
    bool expired = false;
    const auto deadline = rt.time.at(rt.time.now() + patience, [&] {
        expired = true;
        resolver.cancel();
        error_code ignored;
        socket.close(ignored);
    });
    auto [resolve_error, found] =
        co_await resolver.async_resolve(where.host, std::to_string(where.port), as_result);
    opened result{resolve_error, nullptr};
    const bool cancelled = co_await is_cancelled();
    if (expired || cancelled) {
        result.error = error_code(expired ? asio::error::timed_out : asio::error::operation_aborted);
    }
    if (result.error) {
        co_return std::move(result);
    }
    auto [ec, endpoint] = co_await asio::async_connect(socket, found, as_result);
    result.error = expired ? error_code(asio::error::timed_out) : ec;
    if (!result.error) {
        result.connection = std::make_unique<tcp_stream>(std::move(socket));
    }
    co_return std::move(result);
}

} // namespace fedasio::net
