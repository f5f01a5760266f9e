#include <fedasio/dashboard/client.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/system/system_error.hpp>

#include "watchdog.hpp"
#include "wire.hpp"
#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using net::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t largest_answer = std::size_t{64} << 20;

awaitable<net::opened> open(net::runtime& rt, const master_place& master, net::clock::duration patience) {
    auto fresh = co_await net::connect_tcp(rt, master.address, patience);
    if (!fresh.error && master.prove) {
        fresh = co_await master.prove(std::move(fresh.connection));
    }
    co_return std::move(fresh);
}

/// As a browser sends it, that is without the scheme's own port.
std::string host_of(const master_place& master) {
    const bool is_default = master.address.port == (master.is_https ? 443 : 80);
    const auto text = master.address.to_string();
    return is_default ? text.substr(0, text.rfind(':')) : text;
}

beast::string_view to_beast(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

bool is_path_character(char c) noexcept {
    return c > ' ' && c < 0x7f && std::string_view("?#\"<>\\").find(c) == std::string_view::npos;
}

std::string authorization_of(const master_place& master) {
    return "Bearer " + master.token;
}

/// Whether the peer answered with an alert or a handshake of TLS (RFC 8446, 5.1).
bool speaks_tls(const beast::flat_buffer& received) {
    const auto* const bytes = static_cast<const unsigned char*>(received.data().data());
    return received.size() >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 3;
}

/// Whether a port of HTTPS said so in plain HTTP (RFC 9110, 7.8).
template <class Response>
bool wants_tls(const Response& answer) {
    return answer.result_int() == 400 && answer[http::field::upgrade].starts_with("TLS/");
}

awaitable<http_answer> ask(net::runtime& rt, const master_place& master, net::clock::duration patience,
                           http::request<http::string_body> request) {
    request.set(http::field::host, host_of(master));
    if (!master.token.empty()) {
        request.set(http::field::authorization, authorization_of(master));
    }
    request.keep_alive(false);
    request.prepare_payload();
    const auto deadline = rt.time.now() + patience;
    auto fresh = co_await open(rt, master, patience);
    if (fresh.error) {
        throw boost::system::system_error(fresh.error);
    }
    wire line(rt.executor, std::move(fresh.connection));
    watchdog guard(rt, line);
    guard.arm(deadline - rt.time.now());
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_answer);
    auto [failed, sent] = co_await http::async_write(line, request, as_result);
    if (!failed) {
        beast::flat_buffer buffer;
        auto [ec, bytes] = co_await http::async_read(line, buffer, parser, as_result);
        failed = ec && speaks_tls(buffer) ? error_code(net::errc::peer_uses_tls) : ec;
    }
    line.close();
    if (failed) {
        throw boost::system::system_error(guard.has_fired() ? asio::error::timed_out : failed);
    }
    auto response = parser.release();
    if (wants_tls(response)) {
        throw boost::system::system_error(net::errc::peer_uses_tls);
    }
    http_answer result;
    result.status = response.result_int();
    result.body = std::move(response.body());
    co_return std::move(result);
}

} // namespace

master_place parse_master_url(std::string_view url) {
    const auto fail = [url] {
        return std::invalid_argument("'" + std::string(url.substr(0, url.find('?'))) +
                                     "' is not of the form HOST:PORT, http://HOST:PORT or https://HOST:PORT");
    };
    master_place result;
    auto place = url;
    const auto scheme = url.find("://");
    if (scheme != std::string_view::npos) {
        result.is_https = beast::iequals(to_beast(url.substr(0, scheme)), "https");
        if (!result.is_https && !beast::iequals(to_beast(url.substr(0, scheme)), "http")) {
            throw fail();
        }
        place = url.substr(scheme + 3);
    }
    constexpr std::string_view token_key = "/?token=";
    if (const auto at = place.find(token_key); at != std::string_view::npos) {
        result.token = place.substr(at + token_key.size());
        place = place.substr(0, at);
    }
    if (place.ends_with('/')) {
        place.remove_suffix(1);
    }
    const auto slash = std::min(place.find('/'), place.size());
    result.prefix = place.substr(slash);
    place = place.substr(0, slash);
    if (place.empty() || place.find_first_of("?#@") != std::string_view::npos ||
        !std::ranges::all_of(result.prefix, is_path_character)) {
        throw fail();
    }
    const auto colon = place.rfind(':');
    const bool has_port = colon != std::string_view::npos && place.find(']', colon) == std::string_view::npos;
    if (!has_port && scheme == std::string_view::npos) {
        throw fail();
    }
    const auto* const own_port = result.is_https ? ":443" : ":80";
    try {
        result.address = net::address::parse(std::string(place) + (has_port ? "" : own_port));
    } catch (const std::invalid_argument&) {
        throw fail();
    }
    return result;
}

http_client::http_client(net::runtime& rt, master_place master, net::clock::duration patience)
    : rt_(rt), master_(std::move(master)), patience_(patience) {}

awaitable<http_answer> http_client::get(std::string target) {
    http::request<http::string_body> request(http::verb::get, master_.prefix + target, 11);
    co_return co_await ask(rt_, master_, patience_, std::move(request));
}

awaitable<http_answer> http_client::post(std::string target, std::string json) {
    http::request<http::string_body> request(http::verb::post, master_.prefix + target, 11, std::move(json));
    request.set(http::field::content_type, "application/json");
    co_return co_await ask(rt_, master_, patience_, std::move(request));
}

struct stream_client::state {
    state(net::runtime& runtime, master_place where, net::clock::duration limit)
        : rt(runtime), master(std::move(where)), patience(limit) {}

    struct connection {
        connection(net::runtime& rt, std::unique_ptr<net::stream> below)
            : line(rt.executor, std::move(below)), socket(line), guard(rt, line) {}

        wire line;
        websocket::stream<wire&, false> socket;
        watchdog guard;
    };

    net::runtime& rt;
    master_place master;
    net::clock::duration patience;
    std::optional<connection> open;
    unsigned refusal = 0;
};

stream_client::stream_client(net::runtime& rt, master_place master, net::clock::duration patience)
    : state_(std::make_unique<state>(rt, std::move(master), patience)) {}

stream_client::~stream_client() = default;

awaitable<error_code> stream_client::open(std::string target) {
    auto& self = *state_;
    auto fresh = co_await dashboard::open(self.rt, self.master, self.patience);
    if (fresh.error) {
        co_return fresh.error;
    }
    auto& with = self.open.emplace(self.rt, std::move(fresh.connection));
    with.socket.read_message_max(largest_answer);
    with.socket.control_callback(
        [&self, &with](auto /*kind*/, auto /*text*/) { with.guard.arm(self.patience); });
    if (!self.master.token.empty()) {
        with.socket.set_option(websocket::stream_base::decorator(
            [value = authorization_of(self.master)](websocket::request_type& request) {
                request.set(http::field::authorization, value);
            }));
    }
    with.guard.arm(self.patience);
    websocket::response_type answer;
    const auto path = self.master.prefix + target;
    auto [failed] = co_await with.socket.async_handshake(answer, host_of(self.master), path, as_result);
    with.guard.disarm();
    if (failed == websocket::error::upgrade_declined) {
        self.refusal = answer.result_int();
        failed = wants_tls(answer) ? error_code(net::errc::peer_uses_tls) : failed;
    }
    co_return with.guard.has_fired() ? error_code(asio::error::timed_out) : failed;
}

unsigned stream_client::refusal() const {
    return state_->refusal;
}

awaitable<stream_client::message> stream_client::next() {
    auto& with = *state_->open;
    with.guard.arm(state_->patience);
    beast::flat_buffer buffer;
    auto [ec, bytes] = co_await with.socket.async_read(buffer, as_result);
    with.guard.disarm();
    message result;
    result.error = with.guard.has_fired() ? error_code(asio::error::timed_out) : ec;
    if (!ec) {
        result.text = beast::buffers_to_string(buffer.data());
    }
    co_return std::move(result);
}

unsigned stream_client::close_code() const {
    return state_->open ? state_->open->socket.reason().code : 0U;
}

void stream_client::close() {
    if (state_->open) {
        state_->open->line.close();
    }
}

} // namespace fedasio::dashboard
