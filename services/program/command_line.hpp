#pragma once

#include <CLI/CLI.hpp>

#include "program/logging.hpp"
#include <functional>

namespace fedasio::program {

/// What a process ends with.
enum exit_code : int { done = 0, failed = 1, wrong_usage = 2 };

/// Parses the arguments and calls `start`; turns every way to fail into one line on standard error and an
/// exit code: 2 with a pointer to --help for wrong usage, 1 for an exception out of `start`.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& start);

/// Adds --version and sets what all programs' --help have in common.
void describe(CLI::App& app, const std::string& examples);

/// Adds --log-level and --log-format.
void add_log_options(CLI::App& app, log_options& into);

/// A CLI11 check for HOST:PORT.
[[nodiscard]] CLI::Validator host_and_port();

/// A CLI11 check for a file that is written at the end of the work: it makes the folder and tries it.
[[nodiscard]] CLI::Validator writable_file();

} // namespace fedasio::program
