#pragma once

#include <fedasio/net/handshake.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>
#include <fedasio/net/tcp.hpp>

#include <string>
#include <string_view>

namespace fedasio::net {

/// Why there is no way through an HTTP proxy. A proxy's refusal is its HTTP status in the same category.
enum class proxy_errc {
    unreachable = 1, ///< no connection to the proxy itself
    silent,          ///< it did not answer in time
    not_a_proxy,     ///< what answers there is no HTTP proxy
    wants_login = 407,
};

const boost::system::error_category& proxy_category() noexcept;

inline error_code make_error_code(proxy_errc code) noexcept {
    return {static_cast<int>(code), proxy_category()};
}

/// A proxy that opens connections to others for its clients (CONNECT: RFC 9110, 9.3.6).
struct http_proxy {
    address where;
    std::string authorization; ///< for Proxy-Authorization; empty: none. Not to be shown to anybody

    /// From http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with percent-encoding in the latter two; the
    /// scheme may be missing. Throws std::invalid_argument that says what form is expected, and no password.
    static http_proxy parse(std::string_view url);
};

/// Whether a list as in the variable no_proxy names the host: "*", "example.org" and ".example.org" (itself
/// and all below), an address or a network such as 10.0.0.0/8, each with a port or not, separated by commas
/// or spaces.
[[nodiscard]] bool is_listed(std::string_view no_proxy, const address& where);

/// Lets the proxy connect to `where`, whose name the proxy looks up. The stream says `where` of its `remote`.
awaitable<opened> connect_through(runtime& rt, http_proxy via, address where,
                                  clock::duration patience = handshake_patience);

} // namespace fedasio::net

template <>
struct boost::system::is_error_code_enum<fedasio::net::proxy_errc> : std::true_type {};
