#pragma once

#include <fedasio/dashboard/access_tokens.hpp>
#include <fedasio/dashboard/audit.hpp>
#include <fedasio/dashboard/public_origin.hpp>
#include <fedasio/net/handshake.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::dashboard {

/// Who may use a dashboard, and how it is reached.
struct server_protection {
    /// Without them, whoever reaches the port may do everything.
    std::optional<access_tokens> tokens;
    /// How long a browser stays logged in; each visit of the page after half of it begins a new session.
    std::chrono::seconds session_length = std::chrono::hours(24 * 7);
    /// Host names besides the addresses that this machine has, by which it may be called.
    std::vector<std::string> names;
    /// Where browsers find it behind a proxy. If there are any, pages of these origins alone may command and
    /// listen, and X-Forwarded-For of a proxy on this machine says whose a request is. Tokens are needed.
    std::vector<public_origin> origins;
    /// Origins, such as https://hub.example.org, whose pages may show this one in a frame.
    std::vector<std::string> embedders;
    /// TLS. Empty: plain HTTP.
    net::handshake prove;
    /// Told of every command and login, refused ones too. May be empty.
    audit_handler audit;
    /// Told when connections begin to be turned away for want of descriptors. May be empty.
    std::function<void(const std::string& what)> warn;
};

} // namespace fedasio::dashboard
