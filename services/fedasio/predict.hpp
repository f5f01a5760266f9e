#pragma once

#include "program/cli_names.hpp"
#include <functional>

namespace fedasio::steering {

/// Adds `fedasio predict`. If it is what the command line asks for, `job` becomes its work, which returns the
/// exit code.
void add_predict(CLI::App& app, std::function<int()>& job);

} // namespace fedasio::steering
