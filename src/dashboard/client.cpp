#include <fedasio/dashboard/client.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/system/system_error.hpp>

#include "watchdog.hpp"
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using net::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t largest_answer = std::size_t{64} << 20;

awaitable<error_code> connect(tcp::socket& socket, const net::address& where) {
    tcp::resolver resolver(socket.get_executor());
    auto [unknown, found] =
        co_await resolver.async_resolve(where.host, std::to_string(where.port), as_result);
    if (unknown) {
        co_return unknown;
    }
    auto [ec, endpoint] = co_await asio::async_connect(socket, found, as_result);
    co_return ec;
}

awaitable<http_answer> ask(net::runtime& rt, const net::address& master, net::clock::duration patience,
                           http::request<http::string_body> request) {
    request.set(http::field::host, master.to_string());
    request.keep_alive(false);
    request.prepare_payload();
    tcp::socket socket(rt.executor);
    watchdog guard(rt, socket);
    guard.arm(patience);
    auto failed = co_await connect(socket, master);
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_answer);
    if (!failed) {
        auto [ec, sent] = co_await http::async_write(socket, request, as_result);
        failed = ec;
    }
    if (!failed) {
        beast::flat_buffer buffer;
        auto [ec, bytes] = co_await http::async_read(socket, buffer, parser, as_result);
        failed = ec;
    }
    if (failed) {
        throw boost::system::system_error(guard.has_fired() ? asio::error::timed_out : failed);
    }
    auto response = parser.release();
    http_answer result;
    result.status = response.result_int();
    result.body = std::move(response.body());
    co_return std::move(result);
}

} // namespace

net::address parse_master_url(std::string_view url) {
    const std::string expected = "'" + std::string(url) + "' is not of the form http://HOST:PORT";
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) {
        throw std::invalid_argument(expected);
    }
    auto place = url.substr(scheme.size());
    if (place.ends_with('/')) {
        place.remove_suffix(1);
    }
    if (place.empty() || place.find_first_of("/?#@") != std::string_view::npos) {
        throw std::invalid_argument(expected);
    }
    const auto colon = place.rfind(':');
    const bool has_port = colon != std::string_view::npos && place.find(']', colon) == std::string_view::npos;
    try {
        return net::address::parse(has_port ? std::string(place) : std::string(place) + ":80");
    } catch (const std::invalid_argument&) {
        throw std::invalid_argument(expected);
    }
}

http_client::http_client(net::runtime& rt, net::address master, net::clock::duration patience)
    : rt_(rt), master_(std::move(master)), patience_(patience) {}

awaitable<http_answer> http_client::get(std::string target) {
    http::request<http::string_body> request(http::verb::get, target, 11);
    co_return co_await ask(rt_, master_, patience_, std::move(request));
}

awaitable<http_answer> http_client::post(std::string target, std::string json) {
    http::request<http::string_body> request(http::verb::post, target, 11, std::move(json));
    request.set(http::field::content_type, "application/json");
    co_return co_await ask(rt_, master_, patience_, std::move(request));
}

struct stream_client::state {
    state(net::runtime& rt, net::address where, net::clock::duration limit)
        : master(std::move(where)), patience(limit), socket(rt.executor), guard(rt, socket.next_layer()) {
        socket.read_message_max(largest_answer);
        socket.control_callback([this](auto /*kind*/, auto /*text*/) { guard.arm(patience); });
    }

    net::address master;
    net::clock::duration patience;
    websocket::stream<tcp::socket, false> socket;
    watchdog guard;
};

stream_client::stream_client(net::runtime& rt, net::address master, net::clock::duration patience)
    : state_(std::make_unique<state>(rt, std::move(master), patience)) {}

stream_client::~stream_client() = default;

awaitable<error_code> stream_client::open(std::string target) {
    auto& self = *state_;
    self.guard.arm(self.patience);
    auto failed = co_await connect(self.socket.next_layer(), self.master);
    if (!failed) {
        auto [ec] = co_await self.socket.async_handshake(self.master.to_string(), target, as_result);
        failed = ec;
    }
    self.guard.disarm();
    co_return self.guard.has_fired() ? error_code(asio::error::timed_out) : failed;
}

awaitable<stream_client::message> stream_client::next() {
    auto& self = *state_;
    self.guard.arm(self.patience);
    beast::flat_buffer buffer;
    auto [ec, bytes] = co_await self.socket.async_read(buffer, as_result);
    self.guard.disarm();
    message result;
    result.error = self.guard.has_fired() ? error_code(asio::error::timed_out) : ec;
    if (!ec) {
        result.text = beast::buffers_to_string(buffer.data());
    }
    co_return std::move(result);
}

unsigned stream_client::close_code() const {
    return state_->socket.reason().code;
}

void stream_client::close() {
    error_code ignored;
    state_->socket.next_layer().close(ignored);
}

} // namespace fedasio::dashboard
