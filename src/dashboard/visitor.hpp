#pragma once

#include <fedasio/dashboard/access_tokens.hpp>
#include <fedasio/dashboard/public_origin.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// Whose request it is.
struct visitor {
    std::optional<role> who;    ///< empty: a stranger
    std::string address;        ///< with port; without one if a proxy said it
    std::string session;        ///< its number; "token": a program with the token itself; else empty
    double expires = 0;         ///< Unix seconds; 0: never
    std::string renewed_cookie; ///< to be set with the answer, if not empty
    /// By which it came, as far as can be told; null where the dashboard has none.
    const public_origin* origin = nullptr;
};

/// Of all paths, as the visitor's browser has it.
[[nodiscard]] inline std::string_view prefix_of(const visitor& who) {
    return who.origin == nullptr ? std::string_view{} : std::string_view(who.origin->prefix);
}

} // namespace fedasio::dashboard
