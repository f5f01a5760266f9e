#pragma once

#include <fedasio/net/handshake.hpp>
#include <fedasio/net/tcp.hpp>

#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// Where a master's dashboard is, and what opens it.
struct master_place {
    net::address address;
    bool is_https = false;
    /// TLS, for `is_https`; empty: plain HTTP.
    net::handshake prove = {};
    std::string token = {};  ///< sent with each request, if not empty
    std::string prefix = {}; ///< of all paths, as a proxy has it: empty, or like "/training"
};

/// From a URL like http://127.0.0.1:8080 or https://example.org/training/?token=T, as a master prints it (the
/// port defaults to 80 or 443), or from HOST:PORT, which is http. Leaves `prove` empty. Throws
/// std::invalid_argument that says what form is expected.
master_place parse_master_url(std::string_view url);

} // namespace fedasio::dashboard
