#pragma once

#include "program/cli_names.hpp"
#include <functional>

namespace fedasio::steering {

/// Adds `export`, which sets `job` when it is chosen.
void add_export(CLI::App& app, std::function<int()>& job);

} // namespace fedasio::steering
