#pragma once

#include <fedasio/dashboard/access_tokens.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// What a browser has in place of the token: who it is, and until when.
struct session_cookie {
    role who = role::viewer;
    std::string session;       ///< 16 hexadecimal digits, for the audit log
    std::uint64_t expires = 0; ///< Unix seconds

    /// "ROLE.EXPIRES.SESSION.MAC", where the MAC is HMAC-SHA-256 (RFC 2104) over what is before it, with the
    /// role's token as its key: nothing has to be remembered, and new tokens end all sessions.
    [[nodiscard]] std::string sealed(const access_tokens& tokens) const;
    /// Empty when it is not one of ours or no longer valid.
    static std::optional<session_cookie> open(std::string_view text, const access_tokens& tokens, double now);
};

/// Whose token this is, in a time that does not depend on where a wrong one differs.
[[nodiscard]] std::optional<role> owner_of(std::string_view token, const access_tokens& tokens);

} // namespace fedasio::dashboard
