#pragma once

#include "router.hpp"
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// Whether a session came by a link: it ends with that, and is never renewed.
[[nodiscard]] inline bool is_link(std::string_view session) {
    return session.starts_with("link-");
}

/// The login page.
[[nodiscard]] http_reply login_reply(unsigned status, std::string_view problem, std::string_view prefix);

} // namespace fedasio::dashboard
