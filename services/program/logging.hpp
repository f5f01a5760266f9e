#pragma once

#include <string>

namespace fedasio::program {

struct log_options {
    std::string level = "info";  ///< debug, info, warning or error
    std::string format = "text"; ///< text or json
};

enum class level { debug, info, warning, error };

/// Sets up the process's log on standard error. In json, each line is one object with `time` (RFC 3339, UTC),
/// `level`, `program`, `event` and `text`.
void start_log(const std::string& program, const log_options& options);
/// Whether the log has lines of this level.
[[nodiscard]] bool is_shown(level how);
void log(level how, const std::string& event, const std::string& text);

} // namespace fedasio::program
