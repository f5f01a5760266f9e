#pragma once

#include "program/cli_names.hpp"
#include <functional>

namespace fedasio::steering {

/// Adds the command `export-run`, which sets `job`.
void add_export_run(CLI::App& app, std::function<int()>& job);

} // namespace fedasio::steering
