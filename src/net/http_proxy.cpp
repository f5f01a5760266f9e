#include <fedasio/net/http_proxy.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/this_coro.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <vector>

namespace fedasio::net {
namespace {

namespace ip = asio::ip;

constexpr std::size_t longest_answer = 8192;
constexpr int successful = 200;

class proxy_error_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "fedasio.proxy"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (value) {
        case static_cast<int>(proxy_errc::unreachable):
            return "the proxy itself cannot be reached; is its address right?";
        case static_cast<int>(proxy_errc::silent):
            return "the proxy does not answer; is its address right, and can it reach the master?";
        case static_cast<int>(proxy_errc::not_a_proxy):
            return "what answers at the proxy's address is no HTTP proxy";
        case static_cast<int>(proxy_errc::wants_login):
            return "the proxy asks for a name and a password, or does not take those given (407): "
                   "http://USER:PASSWORD@HOST:PORT";
        case 403:
            return "the proxy does not allow connections to this host and port (403); ask those who run it, "
                   "or "
                   "let the master listen on a port that it allows, such as 443";
        case 502:
        case 503:
        case 504:
            return "the proxy cannot reach the master (" + std::to_string(value) +
                   "); is the master's address right, and does it run?";
        default:
            return "the proxy refused to connect (" + std::to_string(value) + ")";
        }
    }
};

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned byte = 0;
        const auto* const begin = text.data() + at + 1;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(begin, begin + 2, byte, 16).ptr == begin + 2) {
            result += static_cast<char>(byte);
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

/// RFC 7617.
std::string basic(const std::string& login) {
    std::vector<unsigned char> text(4 * ((login.size() + 2) / 3) + 1);
    const int size = EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(login.data()),
                                     static_cast<int>(login.size()));
    return "Basic " + std::string(text.begin(), text.begin() + size);
}

bool is_below(std::string_view host, std::string_view domain) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    while (domain.starts_with('.')) {
        domain.remove_prefix(1);
    }
    if (domain.empty() || host.size() < domain.size() ||
        !std::ranges::equal(host.substr(host.size() - domain.size()), domain, {}, lower, lower)) {
        return false;
    }
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool is_in_network(const ip::address& host, std::string_view network) {
    error_code ec;
    if (host.is_v4()) {
        const auto all = ip::make_network_v4(network, ec);
        return !ec && (all.network() == ip::network_v4(host.to_v4(), all.prefix_length()).network());
    }
    const auto all = ip::make_network_v6(network, ec);
    return !ec && (all.network() == ip::network_v6(host.to_v6(), all.prefix_length()).network());
}

bool names_it(std::string_view entry, const address& where) {
    error_code ec;
    const auto host = ip::make_address(where.host, ec);
    const bool is_address = !ec;
    if (is_address && entry.find('/') != std::string_view::npos) {
        return is_in_network(host, entry);
    }
    const auto colon = entry.rfind(':');
    const bool has_port = colon != std::string_view::npos &&
                          (entry.starts_with('[') ? entry[colon - 1] == ']' : entry.find(':') == colon);
    if (has_port && entry.substr(colon + 1) != std::to_string(where.port)) {
        return false;
    }
    auto name = has_port ? entry.substr(0, colon) : entry;
    if (name.starts_with('[') && name.ends_with(']')) {
        name = name.substr(1, name.size() - 2);
    }
    if (!is_address) {
        return is_below(where.host, name);
    }
    const auto other = ip::make_address(std::string(name), ec);
    return !ec && other == host;
}

awaitable<error_code> write_all(stream& to, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const asio::const_buffer left(text.data() + done, text.size() - done);
        const auto sent = co_await to.write_some(std::span(&left, 1));
        if (sent.error) {
            co_return sent.error;
        }
        done += sent.bytes;
    }
    co_return error_code{};
}

/// The status of "HTTP/1.1 200 ...", 0 if it is none.
int status_of(std::string_view answer) {
    int status = 0;
    const bool is_http = answer.starts_with("HTTP/1.") && answer.size() > 12 && answer[8] == ' ';
    if (is_http && std::from_chars(answer.data() + 9, answer.data() + 12, status).ptr != answer.data() + 12) {
        status = 0;
    }
    return status;
}

/// Byte by byte, so that nothing of what the master says after it is taken.
awaitable<error_code> read_answer(stream& from) {
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {
        char next = 0;
        const auto got = co_await from.read_some(asio::buffer(&next, 1));
        const bool cancelled = co_await is_cancelled();
        if (cancelled) {
            co_return error_code(asio::error::operation_aborted);
        }
        answer.append(&next, got.bytes);
        const auto start = std::string_view("HTTP/1.").substr(0, answer.size());
        if (got.error || !answer.starts_with(start) || answer.size() == longest_answer) {
            co_return error_code(proxy_errc::not_a_proxy);
        }
    }
    const int status = status_of(answer);
    if (status < successful) {
        co_return error_code(proxy_errc::not_a_proxy);
    }
    co_return status < 300 ? error_code{} : error_code(status, proxy_category());
}

/// A stream whose other end is not the peer of the connection below.
class tunnel final : public stream {
public:
    tunnel(std::unique_ptr<stream> below, std::string remote)
        : below_(std::move(below)), remote_(std::move(remote)) {}

    awaitable<transferred> read_some(asio::mutable_buffer into) override { return below_->read_some(into); }

    awaitable<transferred> write_some(std::span<const asio::const_buffer> from) override {
        return below_->write_some(from);
    }

    void shutdown_send() override { below_->shutdown_send(); }

    void close() override { below_->close(); }

    [[nodiscard]] std::string remote() const override { return remote_; }

private:
    std::unique_ptr<stream> below_;
    std::string remote_;
};

} // namespace

const boost::system::error_category& proxy_category() noexcept {
    static const proxy_error_category instance;
    return instance;
}

http_proxy http_proxy::parse(std::string_view url) {
    const auto fail = [](const std::string& what) {
        return std::invalid_argument(what + "; expected http://HOST:PORT or http://USER:PASSWORD@HOST:PORT");
    };
    auto place = url;
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        if (url.substr(0, scheme) != "http") {
            throw fail("a proxy is reached by http:// here, not by " + std::string(url.substr(0, scheme)) +
                       "://");
        }
        place = url.substr(scheme + 3);
    }
    http_proxy result;
    if (const auto at = place.rfind('@'); at != std::string_view::npos) {
        result.authorization = basic(percent_decoded(place.substr(0, at)));
        place = place.substr(at + 1);
    }
    if (place.ends_with('/')) {
        place.remove_suffix(1);
    }
    try {
        result.where = address::parse(place);
    } catch (const std::invalid_argument&) {
        throw fail("the proxy's host and port cannot be told");
    }
    if (result.where.port == 0 || place.find_first_of("/?# ") != std::string_view::npos) {
        throw fail("the proxy's host and port cannot be told");
    }
    return result;
}

bool is_listed(std::string_view no_proxy, const address& where) {
    constexpr std::string_view between = ", \t";
    for (auto left = no_proxy; !left.empty();) {
        left.remove_prefix(std::min(left.find_first_not_of(between), left.size()));
        const auto entry = left.substr(0, left.find_first_of(between));
        left.remove_prefix(entry.size());
        if (entry == "*" || (!entry.empty() && names_it(entry, where))) {
            return true;
        }
    }
    return false;
}

awaitable<opened> connect_through(runtime& rt, http_proxy via, address where, clock::duration patience) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto until = rt.time.now() + patience;
    auto result = co_await connect_tcp(rt, via.where, patience);
    bool cancelled = co_await is_cancelled();
    if (result.error || cancelled) {
        result.error =
            cancelled ? error_code(asio::error::operation_aborted) : error_code(proxy_errc::unreachable);
        result.connection.reset();
        co_return std::move(result);
    }
    auto& wire = *result.connection;
    bool is_late = false;
    auto deadline = rt.time.at(until, [&is_late, &wire] {
        is_late = true;
        wire.close();
    });
    const auto place = where.to_string();
    auto request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
    if (!via.authorization.empty()) {
        request += "Proxy-Authorization: " + via.authorization + "\r\n";
    }
    result.error = co_await write_all(wire, request + "\r\n");
    if (!result.error) {
        result.error = co_await read_answer(wire);
    }
    deadline.reset();
    if (is_late) {
        result.error = proxy_errc::silent;
    }
    if (result.error) {
        wire.close();
        result.connection.reset();
    } else {
        result.connection = std::make_unique<tunnel>(std::move(result.connection), place);
    }
    co_return std::move(result);
}

} // namespace fedasio::net
