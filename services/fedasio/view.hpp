#pragma once

#include "program/cli_names.hpp"
#include <functional>

namespace fedasio::steering {

/// Adds the command `view`, which sets `job`.
void add_view(CLI::App& app, std::function<int()>& job);

} // namespace fedasio::steering
