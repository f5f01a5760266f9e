#pragma once

#include <functional>
#include <string>

namespace fedasio::trainers {

enum class severity { info, warning };

/// Takes a line for people. Runtime's thread.
using log_handler = std::function<void(severity, const std::string&)>;

} // namespace fedasio::trainers
