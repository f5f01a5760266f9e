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
///
/// A thread of its own writes it, so that a terminal that is stopped (Ctrl-S), or a pipe that nobody reads,
/// holds nobody else up. A mebibyte waits for the reader; of more, lines are left out and counted.
void start_log(const std::string& program, const log_options& options);
/// Waits until what was logged is written, two seconds at most. It is called when the process ends.
void finish_log();
/// Whether the log has lines of this level.
[[nodiscard]] bool is_shown(level how);
void log(level how, const std::string& event, const std::string& text);

} // namespace fedasio::program
