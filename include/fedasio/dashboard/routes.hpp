#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace fedasio::dashboard {

/// Who may use an address, where the dashboard asks for tokens; without tokens everybody operates.
enum class access { anyone, viewers, operators };

/// An address of the dashboard, described once: which requests reach it, who may make them, how long their
/// bodies may be, and what they are answered. The router, the gate and the table of docs/api.md follow it.
struct route {
    /// GET (HEAD too), POST, or WebSocket: a GET that asks for the upgrade.
    std::string_view method;
    /// Part by part, as it is written: nothing is decoded, and no dot or double slash means anything. Three
    /// parts stand for others: RUN for lower-case hexadecimal digits, N for a number, NAME for that of a
    /// model.
    std::string_view path;
    std::string_view query; ///< for docs/api.md
    access needs = access::viewers;
    std::size_t body_bytes = 0; ///< the longest body; what a GET has is not read
    std::string_view sentence;  ///< Markdown
};

/// All of them, in the order of docs/api.md. The page's own files are besides, each under its name.
[[nodiscard]] std::vector<route> all_routes();

} // namespace fedasio::dashboard
