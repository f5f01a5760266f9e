#pragma once

#include <fedasio/dashboard/access_tokens.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fedasio::dashboard {

/// One attempt to change something, or to get in.
struct audit_entry {
    double time = 0; ///< Unix seconds
    /// "login", "command", or "refused": what never became one of them.
    std::string action;
    std::optional<role> who;    ///< empty: nobody that is known
    std::string address;        ///< with port
    std::string session;        ///< its number; "token" where a program sent the token itself; else empty
    std::string what;           ///< a command as it was sent, shortened; else method and path
    unsigned status = 0;        ///< of the HTTP answer
    std::string answer;         ///< the answer's JSON; may be empty
    std::uint64_t left_out = 0; ///< refusals before this one that came too fast to be told one by one
};

/// Must not block. Called on the server's thread.
using audit_handler = std::function<void(audit_entry)>;

} // namespace fedasio::dashboard
