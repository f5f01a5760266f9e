#include "access.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
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

} // namespace

bool names_loopback(std::string_view host) noexcept {
    std::string_view name = host;
    std::string_view port;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        name = host.substr(1, end - 1);
        port = host.substr(end + 1);
    } else {
        const auto colon = host.find(':');
        name = host.substr(0, colon);
        port = colon == std::string_view::npos ? std::string_view{} : host.substr(colon);
        if (equal_ignoring_case(name, "localhost")) {
            name = "127.0.0.1";
        }
    }
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!port.empty() && (port[0] != ':' || !std::ranges::all_of(port.substr(1), is_digit))) {
        return false;
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string(name), ec);
    return !ec && address.is_loopback();
}

bool is_same_origin(std::string_view origin, std::string_view host) noexcept {
    constexpr std::string_view scheme = "http://";
    return origin.size() > scheme.size() && equal_ignoring_case(origin.substr(0, scheme.size()), scheme) &&
           equal_ignoring_case(origin.substr(scheme.size()), host);
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
