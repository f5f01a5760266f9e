#pragma once

#include "program/cli_names.hpp"
#include <optional>
#include <string>
#include <vector>

namespace fedasio::program {

/// What manual and completions say of one option; positional ones have no names.
struct option_page {
    std::vector<std::string> names; ///< with their dashes
    std::string value;              ///< what stands for its value: "FILE", "N"; empty: a flag
    std::vector<std::string> choices;
    bool takes_files = false;
    bool is_required = false;
    std::string text; ///< with default and variable of the environment
};

/// Of the options of a command itself, in their order.
[[nodiscard]] std::vector<option_page> option_pages(const CLI::App& command);

/// Of the commands of a command, in their order.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& command);

/// A manual page (man(7)) with all commands.
[[nodiscard]] std::string manual_page(const CLI::App& program, const std::string& version);

/// What a shell reads to complete words.
[[nodiscard]] std::string bash_completion(const CLI::App& program);
[[nodiscard]] std::string zsh_completion(const CLI::App& program);
[[nodiscard]] std::string fish_completion(const CLI::App& program);

/// The text that `PROGRAM --generate man|bash|zsh|fish` asks for, if that is the whole command line. Made
/// from what the command line is parsed by, so that there is no second description of it.
[[nodiscard]] std::optional<std::string> generated(const CLI::App& program, int argc, char** argv);

} // namespace fedasio::program
