#include <fedasio/dashboard/public_origin.hpp>
#include <fedasio/net/tcp.hpp>

#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace fedasio::dashboard {
namespace {

constexpr std::string_view secure = "https://";
constexpr std::string_view plain = "http://";

bool is_plain_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// Without empty parts and those that lead upwards, so that it means the same to every proxy.
bool is_prefix(std::string_view path) noexcept {
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        const auto part = path.substr(0, path.find('/'));
        if (part.empty() || part == "." || part == ".." || !std::ranges::all_of(part, is_plain_character)) {
            return false;
        }
        path.remove_prefix(part.size());
    }
    return path.empty();
}

/// What a proxy that takes the prefix off would make unreachable.
bool hides_an_own_path(std::string_view prefix) noexcept {
    constexpr std::array<std::string_view, 5> own{"/api", "/app.js", "/healthz", "/login", "/metrics"};
    return std::ranges::find(own, prefix.substr(0, prefix.find('/', 1))) != own.end();
}

} // namespace

public_origin public_origin::parse(std::string_view url) {
    const auto fail = [&](const std::string& what) {
        return std::invalid_argument("'" + std::string(url.substr(0, url.find('?'))) + "': " + what +
                                     "; expected the address that browsers use, for example "
                                     "https://fl.example.org or https://example.org/training");
    };
    public_origin result;
    result.is_https = url.starts_with(secure);
    if (!result.is_https && !url.starts_with(plain)) {
        throw fail("it does not begin with https:// or http://");
    }
    auto place = url.substr(result.is_https ? secure.size() : plain.size());
    if (place.find_first_of("?#@\\") != std::string_view::npos) {
        throw fail("it is more than a host and a path");
    }
    const auto slash = std::min(place.find('/'), place.size());
    auto path = place.substr(slash);
    place = place.substr(0, slash);
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (!is_prefix(path)) {
        throw fail("its path has other parts than letters, digits, '-', '.', '_' and '~'");
    }
    if (hides_an_own_path(path)) {
        throw fail("a path of the dashboard itself begins like that: choose another one");
    }
    result.prefix = path;
    const auto colon = place.rfind(':');
    const bool has_port = colon != std::string_view::npos && place.find(']', colon) == std::string_view::npos;
    const std::string own_port = result.is_https ? ":443" : ":80";
    net::address where;
    try {
        where = net::address::parse(std::string(place) + (has_port ? "" : own_port));
    } catch (const std::invalid_argument&) {
        throw fail("it names no host");
    }
    const bool is_name = std::ranges::all_of(where.host, is_plain_character);
    if ((!is_name && !place.starts_with('[')) || where.port == 0) {
        throw fail("its host is none that browsers send (they write other letters as xn--...)");
    }
    result.host = boost::algorithm::to_lower_copy(where.to_string());
    if (result.host.ends_with(own_port)) {
        result.host.resize(result.host.size() - own_port.size());
    }
    return result;
}

std::string public_origin::origin() const {
    return std::string(is_https ? secure : plain) + host;
}

std::string public_origin::url() const {
    return origin() + prefix + "/";
}

} // namespace fedasio::dashboard
