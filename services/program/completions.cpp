#include <CLI/CLI.hpp>

#include "program/command_pages.hpp"
#include <algorithm>
#include <sstream>
#include <string_view>

namespace fedasio::program {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string result;
    for (const auto& word : words) {
        result += (result.empty() ? "" : std::string(between)) + word;
    }
    return result;
}

std::string function_name(const CLI::App& program) {
    auto name = "_" + program.get_name();
    std::ranges::replace(name, '-', '_');
    return name;
}

/// In single quotes, for any of the shells.
std::string quoted(std::string_view text, std::string_view quote_inside) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? std::string(quote_inside) : std::string(1, c);
    }
    return result + "'";
}

std::vector<std::string> command_words(const CLI::App& command) {
    std::vector<std::string> words;
    for (const auto* const one : commands_of(command)) {
        words.push_back(one->get_name());
    }
    return words;
}

/// What may follow a command, with the options of those around it.
std::vector<std::string> words_after(const CLI::App& command) {
    auto words = command_words(command);
    for (const auto* around = &command; around != nullptr; around = around->get_parent()) {
        for (const auto& page : option_pages(*around)) {
            words.insert(words.end(), page.names.begin(), page.names.end());
        }
    }
    return words;
}

/// What an option's value may be; an option of a command may have the name of one of the program itself.
void bash_values(std::ostream& out, const CLI::App& command, const std::string& path) {
    for (const auto* const one : commands_of(command)) {
        bash_values(out, *one, path + " " + one->get_name());
    }
    for (const auto& page : option_pages(command)) {
        if (page.names.empty() || page.value.empty()) {
            continue;
        }
        std::vector<std::string> patterns;
        for (const auto& name : page.names) {
            patterns.push_back((path.empty() ? "*': " : "'" + path + ": ") + name + "'");
        }
        out << "        " << joined(patterns, "|") << ") ";
        if (!page.choices.empty()) {
            out << "COMPREPLY=($(compgen -W '" << joined(page.choices, " ") << "' -- \"$current\"))";
        } else if (page.takes_files) {
            out << "COMPREPLY=($(compgen -f -- \"$current\"))";
        } else {
            out << "COMPREPLY=()";
        }
        out << "; return ;;\n";
    }
}

void bash_words(std::ostream& out, const CLI::App& command, const std::string& path) {
    out << "        '" << path << "') words='" << joined(words_after(command), " ") << "' ;;\n";
    for (const auto* const one : commands_of(command)) {
        bash_words(out, *one, path + " " + one->get_name());
    }
}

void bash_commands(std::ostream& out, const CLI::App& command, const std::string& path) {
    for (const auto* const one : commands_of(command)) {
        const auto inner = path + " " + one->get_name();
        out << "            '" << inner << "') command=\"" << inner << "\" ;;\n";
        bash_commands(out, *one, inner);
    }
}

std::string zsh_text(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return result;
}

void zsh_options(std::ostream& out, const CLI::App& command) {
    for (const auto& page : option_pages(command)) {
        const auto action = !page.choices.empty() ? "(" + joined(page.choices, " ") + ")"
                            : page.takes_files    ? std::string("_files")
                                                  : std::string(" ");
        const auto value = page.value.empty() ? std::string() : ":" + zsh_text(page.value) + ":" + action;
        if (page.names.empty()) {
            out << " \\\n            " << quoted("*" + value, "'\\''");
        }
        for (const auto& name : page.names) {
            out << " \\\n            " << quoted(name + "[" + zsh_text(page.text) + "]" + value, "'\\''");
        }
    }
}

void zsh_function(std::ostream& out, const CLI::App& command, const std::string& name) {
    const auto commands = commands_of(command);
    out << name
        << "() {\n    local context state state_descr line\n    typeset -A opt_args\n    _arguments -C";
    for (const auto* around = &command; around != nullptr; around = around->get_parent()) {
        zsh_options(out, *around);
    }
    if (!commands.empty()) {
        out << " \\\n            '1:command:->command' '*::argument:->argument'";
    }
    out << "\n";
    if (!commands.empty()) {
        out << "    case $state in\n        command)\n            local -a commands=(";
        for (const auto* const one : commands) {
            out << "\n                "
                << quoted(one->get_name() + ":" + zsh_text(one->get_description()), "'\\''");
        }
        out << ")\n            _describe command commands ;;\n        argument)\n            case $line[1] "
               "in\n";
        for (const auto* const one : commands) {
            out << "                " << one->get_name() << ") " << name << "_" << one->get_name() << " ;;\n";
        }
        out << "            esac ;;\n    esac\n";
    }
    out << "}\n\n";
    for (const auto* const one : commands) {
        zsh_function(out, *one, name + "_" + one->get_name());
    }
}

void fish_lines(std::ostream& out, const CLI::App& command, const std::string& program,
                const std::string& condition) {
    const auto begin =
        "complete -c " + program + (condition.empty() ? "" : " -n " + quoted(condition, "\\'"));
    for (const auto& page : option_pages(command)) {
        if (page.names.empty()) {
            continue;
        }
        out << begin;
        for (const auto& name : page.names) {
            const bool is_long = name.starts_with("--");
            out << (is_long ? " -l " : " -s ") << name.substr(is_long ? 2 : 1);
        }
        if (!page.choices.empty()) {
            out << " -x -a " << quoted(joined(page.choices, " "), "\\'");
        } else if (!page.value.empty()) {
            out << (page.takes_files ? " -r -F" : " -x");
        }
        out << " -d " << quoted(page.text, "\\'") << '\n';
    }
    const auto names = joined(command_words(command), " ");
    for (const auto* const one : commands_of(command)) {
        const auto here =
            (condition.empty() ? "" : condition + "; and ") + "not __fish_seen_subcommand_from " + names;
        out << "complete -c " << program << " -f -n " << quoted(here, "\\'") << " -a " << one->get_name()
            << " -d " << quoted(one->get_description(), "\\'") << '\n';
        fish_lines(out, *one, program,
                   (condition.empty() ? "" : condition + "; and ") + "__fish_seen_subcommand_from " +
                       one->get_name());
    }
}

} // namespace

std::string bash_completion(const CLI::App& program) {
    std::ostringstream out;
    const auto name = function_name(program);
    out << "# Made by '" << program.get_name() << " --generate bash'.\n"
        << name << "() {\n"
        << "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' word "
           "words=''\n"
        << "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        << "        case \"$command $word\" in\n";
    bash_commands(out, program, "");
    out << "            *) ;;\n"
        << "        esac\n    done\n    case \"$command: $before\" in\n";
    bash_values(out, program, "");
    out << "        *) ;;\n"
        << "    esac\n    case \"$command\" in\n";
    bash_words(out, program, "");
    out << "    esac\n"
        << "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        << "    if [[ ${#COMPREPLY[@]} == 0 && $current != -* ]]; then COMPREPLY=($(compgen -f -- "
           "\"$current\")); fi\n"
        << "}\ncomplete -o filenames -F " << name << ' ' << program.get_name() << '\n';
    return out.str();
}

std::string zsh_completion(const CLI::App& program) {
    std::ostringstream out;
    out << "#compdef " << program.get_name() << "\n# Made by '" << program.get_name()
        << " --generate zsh'.\n\n";
    zsh_function(out, program, function_name(program));
    out << function_name(program) << " \"$@\"\n";
    return out.str();
}

std::string fish_completion(const CLI::App& program) {
    std::ostringstream out;
    out << "# Made by '" << program.get_name() << " --generate fish'.\n";
    fish_lines(out, program, program.get_name(), "");
    return out.str();
}

} // namespace fedasio::program
