#pragma once

#include <fedasio/dashboard/access_tokens.hpp>

#include <optional>
#include <string>

namespace fedasio::dashboard {

/// Whose request it is.
struct visitor {
    std::optional<role> who;    ///< empty: a stranger
    std::string address;        ///< with port
    std::string session;        ///< its number; "token": a program with the token itself; else empty
    double expires = 0;         ///< Unix seconds; 0: never
    std::string renewed_cookie; ///< to be set with the answer, if not empty
};

} // namespace fedasio::dashboard
