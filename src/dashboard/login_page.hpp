#pragma once

#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// The page that asks for a token: one file without scripts. `problem` is said above the field and is plain
/// ASCII of this program's own; `prefix` is that of all paths (`public_origin`).
[[nodiscard]] std::string login_page(std::string_view problem, std::string_view prefix);

/// The Content-Security-Policy under which it works.
[[nodiscard]] const std::string& login_page_policy();

} // namespace fedasio::dashboard
