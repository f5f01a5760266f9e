#include "access.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <string>

namespace fedasio::dashboard {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes the next item off a comma-separated list.
std::string_view take_item(std::string_view& list) noexcept {
    const auto comma = list.find(',');
    const auto item = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    return item;
}

bool has_zero_quality(std::string_view parameters) noexcept {
    const auto at = parameters.find("q=");
    if (at == std::string_view::npos) {
        return false;
    }
    double quality = 1;
    std::from_chars(parameters.data() + at + 2, parameters.data() + parameters.size(), quality);
    return quality <= 0;
}

bool is_own(const boost::asio::ip::address& address) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return false;
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
    for (const auto* it = all; it != nullptr; it = it->ifa_next) {
        if (it->ifa_addr == nullptr) {
            continue;
        }
        if (it->ifa_addr->sa_family == AF_INET && address.is_v4()) {
            const auto* const own = reinterpret_cast<const sockaddr_in*>(it->ifa_addr);
            if (address.to_v4().to_uint() == ntohl(own->sin_addr.s_addr)) {
                return true;
            }
        }
        if (it->ifa_addr->sa_family == AF_INET6 && address.is_v6()) {
            const auto* const own = reinterpret_cast<const sockaddr_in6*>(it->ifa_addr);
            const auto bytes = address.to_v6().to_bytes();
            if (std::memcmp(bytes.data(), own->sin6_addr.s6_addr, bytes.size()) == 0) {
                return true;
            }
        }
    }
    return false;
}

/// As proxies write addresses: bare, or with a port, then IPv6 in brackets.
boost::asio::ip::address parse_forwarded(std::string_view text, boost::system::error_code& ec) {
    const bool is_bare_v6 = std::ranges::count(text, ':') > 1 && !text.starts_with('[');
    return boost::asio::ip::make_address(std::string(is_bare_v6 ? text : host_name(text)), ec);
}

} // namespace

std::string_view host_name(std::string_view host) noexcept {
    std::string_view name;
    std::string_view port;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) {
            return {};
        }
        name = host.substr(1, end - 1);
        port = host.substr(end + 1);
    } else {
        const auto colon = host.find(':');
        name = host.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view{} : host.substr(colon);
    }
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool has_port = port.starts_with(':') && std::ranges::all_of(port.substr(1), is_digit);
    return port.empty() || has_port ? name : std::string_view{};
}

bool names_one_of(std::string_view host, const std::vector<std::string>& names) noexcept {
    const auto name = host_name(host);
    return !name.empty() &&
           std::ranges::any_of(names, [name](const auto& own) { return equal_ignoring_case(name, own); });
}

bool is_same_host(std::string_view a, std::string_view b) noexcept {
    const auto name = host_name(a);
    return !name.empty() && equal_ignoring_case(name, host_name(b));
}

bool names_loopback(std::string_view host) noexcept {
    const auto name = host_name(host);
    if (equal_ignoring_case(name, "localhost")) {
        return true;
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string(name), ec);
    return !ec && address.is_loopback();
}

bool names_this_machine(std::string_view host, const std::vector<std::string>& names) {
    const auto name = host_name(host);
    if (name.empty() || names_loopback(host) || names_one_of(host, names)) {
        return !name.empty();
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string(name), ec);
    return !ec && is_own(address);
}

bool is_same_origin(std::string_view origin, std::string_view host, bool is_https) noexcept {
    const std::string_view scheme = is_https ? "https://" : "http://";
    return origin.size() > scheme.size() && equal_ignoring_case(origin.substr(0, scheme.size()), scheme) &&
           equal_ignoring_case(origin.substr(scheme.size()), host);
}

std::optional<std::string> forwarded_client(std::string_view forwarded_for) {
    while (!forwarded_for.empty()) {
        const auto comma = forwarded_for.rfind(',');
        const bool is_first = comma == std::string_view::npos;
        boost::system::error_code ec;
        const auto address =
            parse_forwarded(trimmed(is_first ? forwarded_for : forwarded_for.substr(comma + 1)), ec);
        if (ec) {
            break;
        }
        if (!address.is_loopback()) {
            return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
        }
        forwarded_for = is_first ? std::string_view{} : forwarded_for.substr(0, comma);
    }
    return std::nullopt;
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view key) noexcept {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == key) {
            return pair.substr(equals + 1);
        }
    }
    return std::nullopt;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    while (!accept_encoding.empty()) {
        const auto item = take_item(accept_encoding);
        const auto semicolon = item.find(';');
        const auto coding = trimmed(item.substr(0, semicolon));
        if (equal_ignoring_case(coding, "gzip") || coding == "*") {
            return semicolon == std::string_view::npos || !has_zero_quality(item.substr(semicolon));
        }
    }
    return false;
}

bool is_json(std::string_view content_type) noexcept {
    return equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))), "application/json");
}

bool is_form(std::string_view content_type) noexcept {
    return equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))),
                               "application/x-www-form-urlencoded");
}

std::optional<std::string_view> bearer_token(std::string_view authorization) noexcept {
    constexpr std::string_view scheme = "Bearer ";
    if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    return trimmed(authorization.substr(scheme.size()));
}

bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept {
    const auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    while (!if_none_match.empty()) {
        const auto item = take_item(if_none_match);
        if (item == "*" || (!item.empty() && opaque(item) == opaque(etag))) {
            return true;
        }
    }
    return false;
}

} // namespace fedasio::dashboard
