#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// What somebody may do at the dashboard: a viewer reads everything, an operator also commands.
enum class role { viewer, operates };

constexpr std::string_view to_string(role who) noexcept {
    return who == role::viewer ? "viewer" : "operator";
}

/// The two secrets that open the dashboard: each 22 to 128 letters, digits, '-' or '_'. Those that are made
/// have 192 random bits.
struct access_tokens {
    std::string of_viewers;
    std::string of_operators;

    static access_tokens make();
    /// From a file of two lines, "operator TOKEN" and "viewer TOKEN", readable by its owner only; makes the
    /// file if it is not there. Throws std::runtime_error with file and remedy.
    static access_tokens read_or_make(const std::filesystem::path& file);
};

} // namespace fedasio::dashboard
