#pragma once

#include "program/cli_names.hpp"
#include "program/logging.hpp"
#include <cstdint>
#include <functional>
#include <string>

namespace fedasio::program {

/// What a process ends with.
enum exit_code : int { done = 0, failed = 1, wrong_usage = 2 };

/// Before anything else: what a shell or a limit did to this process does not end it, nor mix its output into
/// its files.
void prepare_process();

/// Parses the arguments and calls `start`; turns every way to fail into one line on standard error and an
/// exit code: 2 with a pointer to --help for wrong usage, 1 for an exception out of `start`.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& start);

/// Why an app failed to parse, if because of a command or option that it does not know, or of a command that
/// is missing: "there is no command 'trian'; did you mean 'train'?". Else empty.
[[nodiscard]] std::string unknown_words(const CLI::App& app);

/// Adds --version and sets what all programs' --help have in common.
void describe(CLI::App& app, const std::string& examples);

/// Adds --log-level and --log-format.
void add_log_options(CLI::App& app, log_options& into);

/// A CLI11 check for HOST:PORT.
[[nodiscard]] CLI::Validator host_and_port();

/// A CLI11 check for the name of a host, without scheme, port and path.
[[nodiscard]] CLI::Validator host_name();

/// CLI11 checks for numbers, both ends included. CLI11's own let nan pass, and -1 for the largest number.
[[nodiscard]] CLI::Validator whole_between(std::uint64_t low, std::uint64_t high);
[[nodiscard]] CLI::Validator number_between(double low, double high);
/// Over 0 and at most 1.
[[nodiscard]] CLI::Validator share();

/// A CLI11 check for a file that is written at the end of the work: it makes the folder and tries it. What is
/// there already must be a file, because it is replaced.
[[nodiscard]] CLI::Validator writable_file();

/// Throws std::runtime_error if not all of the standard output could be written.
void flush_output();
/// The exit code of a program that has nothing more to do: `code`, or 1 with a line that says so if not all
/// of the standard output could be written.
[[nodiscard]] int after_output(const CLI::App& app, int code);
/// A command line of a program; an empty one is a variable that was not set.
[[nodiscard]] CLI::Validator command_line();

} // namespace fedasio::program
