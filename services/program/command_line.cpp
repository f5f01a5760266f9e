#include "program/command_line.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/net/tcp.hpp>
#include <fedasio/text/nearest.hpp>
#include <fedasio/text/printable.hpp>

#include <CLI/CLI.hpp>

#include "program/command_pages.hpp"
#include "program/logging.hpp"
#include "program/resources.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace fedasio::program {
namespace {

/// The number that the whole text is, if it is one.
template <class Number>
std::optional<Number> parsed(std::string_view text) {
    Number number{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stopped, problem] = std::from_chars(begin, end, number);
    return problem == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

/// The command whose words come last on the command line.
const CLI::App& innermost(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? app : innermost(*commands.back());
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const auto meant = text::nearest(word, candidates);
    return meant.empty() ? std::string() : fmt::format("; did you mean '{}'?", meant);
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* const command : app.get_subcommands({})) {
        names.push_back(command->get_name());
    }
    return names;
}

/// Those of a command and of all around it.
std::vector<std::string> option_names(const CLI::App* app) {
    std::vector<std::string> names;
    for (; app != nullptr; app = app->get_parent()) {
        for (const auto* const option : app->get_options()) {
            for (const auto& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

/// "http://host:1" and "host/path" are addresses of pages.
std::string problem_of_host(std::string_view host) {
    const bool plain = std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == '_' || c == ':' || c == '%';
    });
    if (host.empty() || !plain) {
        return fmt::format("'{}' is not the name of a host; write it alone, without http:// and path",
                           text::printable(host));
    }
    return {};
}

} // namespace

std::string unknown_words(const CLI::App& app) {
    const auto& command = innermost(app);
    const auto words = app.remaining(true);
    const auto known = command_names(command);
    if (words.empty()) {
        const bool lacks_one = !known.empty() && command.get_subcommands().empty();
        return lacks_one ? fmt::format("name a command: {}", fmt::join(known, ", ")) : std::string();
    }
    const auto& word = words.front();
    if (word.size() > 1 && word.front() == '-') {
        const auto name = word.substr(0, word.find('='));
        return fmt::format("there is no option {}{}", text::printable(name),
                           did_you_mean(name, option_names(&command)));
    }
    if (known.empty()) {
        return fmt::format("'{}' is one word too much", text::printable(word));
    }
    const auto meant = did_you_mean(word, known);
    return fmt::format("there is no command '{}'{}", text::printable(word),
                       meant.empty() ? fmt::format("; the commands are {}", fmt::join(known, ", ")) : meant);
}

namespace {

/// A file that is opened where standard output or error should be would get their lines.
void open_standard_streams() {
    int opened = 0;
    do {
        opened = ::open("/dev/null", O_RDWR);
    } while (opened >= 0 && opened <= STDERR_FILENO);
    if (opened > STDERR_FILENO) {
        ::close(opened);
    }
}

} // namespace

void prepare_process() {
    open_standard_streams();
    // A file that may not grow is an error of the write, like a disk that is full.
    std::signal(SIGXFSZ, SIG_IGN);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& start) {
    prepare_process();
    if (const auto text = generated(app, argc, argv)) {
        std::cout << *text;
        return after_output(app, done);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked_for_help) {
        return after_output(app, app.exit(asked_for_help));
    } catch (const CLI::ParseError& e) {
        const auto unknown = unknown_words(app);
        std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", app.get_name().c_str(),
                     unknown.empty() ? e.what() : unknown.c_str(), app.get_name().c_str());
        return wrong_usage;
    }
    try {
        return start();
    } catch (const std::exception& e) {
        finish_log();
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), reason_of(e).c_str());
        return failed;
    }
}

void describe(CLI::App& app, const std::string& examples) {
    app.set_version_flag("--version", app.get_name() + " " + std::string(version()) + " (" +
                                          std::string(instruction_set()) + ")");
    app.get_formatter()->column_width(34);
    app.footer("Examples:\n" + examples + "\nExit codes: 0 done, 1 failed, 2 wrong usage.");
}

void add_log_options(CLI::App& app, log_options& into) {
    app.add_option("--log-level", into.level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app.add_option("--log-format", into.format, "text, or json for machines")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

CLI::Validator host_and_port() {
    const auto check = [](const std::string& text) -> std::string {
        if (text.find("://") != std::string::npos) {
            return fmt::format("'{}' is the address of a page; write HOST:PORT, without {}",
                               text::printable(text), text::printable(text.substr(0, text.find("://") + 3)));
        }
        try {
            return problem_of_host(net::address::parse(text).host);
        } catch (const std::exception& e) {
            return e.what();
        }
    };
    return CLI::Validator(check, "HOST:PORT");
}

CLI::Validator host_name() {
    const auto check = [](std::string text) -> std::string {
        const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
        const auto host = bracketed ? text.substr(1, text.size() - 2) : text;
        if (std::ranges::count(host, ':') == 1 && host.find("://") == std::string::npos) {
            return fmt::format("'{}' has a port; write the name of the host alone", text::printable(text));
        }
        return problem_of_host(host);
    };
    return CLI::Validator(check, "HOST");
}

CLI::Validator whole_between(std::uint64_t low, std::uint64_t high) {
    const auto check = [low, high](const std::string& text) {
        const auto number = parsed<std::uint64_t>(text);
        return number && *number >= low && *number <= high
                   ? std::string()
                   : fmt::format("'{}' is not a whole number from {} to {}", text::printable(text), low,
                                 high);
    };
    return CLI::Validator(check, fmt::format("in [{} - {}]", low, high));
}

CLI::Validator number_between(double low, double high) {
    const auto check = [low, high](const std::string& text) {
        const auto number = parsed<double>(text);
        return number && *number >= low && *number <= high // nan is not
                   ? std::string()
                   : fmt::format("'{}' is not a number from {} to {}", text::printable(text), low, high);
    };
    return CLI::Validator(check, fmt::format("in [{} - {}]", low, high));
}

CLI::Validator share() {
    const auto check = [](const std::string& text) {
        const auto number = parsed<double>(text);
        return number && *number > 0 && *number <= 1
                   ? std::string()
                   : fmt::format("'{}' is not a number over 0 and at most 1", text::printable(text));
    };
    return CLI::Validator(check, "over 0, at most 1");
}

CLI::Validator command_line() {
    const auto check = [](const std::string& text) {
        const bool is_empty = text.find_first_not_of(" \t\n") == std::string::npos;
        return is_empty ? "it is empty: give a command line, or leave the option out" : std::string();
    };
    return CLI::Validator(check, "COMMAND");
}

void flush_output() {
    std::cout.flush();
    if (!std::cout) {
        throw std::runtime_error("the standard output could not be written: is the disk full?");
    }
}

int after_output(const CLI::App& app, int code) {
    try {
        flush_output();
        return code;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), e.what());
        return failed;
    }
}

namespace {

/// Links among devices lead to what a shell has redirected, which may be a file.
bool is_of_system(const std::filesystem::path& file) {
    std::error_code lost; // the folder that this process is in may be gone
    const auto absolute = std::filesystem::absolute(file, lost).lexically_normal();
    return std::ranges::any_of(std::array{"/dev/std", "/dev/fd/", "/proc/"},
                               [&](const char* start) { return absolute.string().starts_with(start); });
}

} // namespace

CLI::Validator writable_file() {
    const auto check = [](const std::string& text) -> std::string {
        const std::filesystem::path file(text);
        if (!file.has_filename() || std::filesystem::is_directory(file)) {
            return text + " is a folder: name a file";
        }
        // What is written beside it and renamed would take its place, be it a device of the whole system.
        std::error_code unseen;
        const auto type = std::filesystem::status(file, unseen).type();
        using enum std::filesystem::file_type;
        const bool is_seen = type != none && type != not_found && type != unknown;
        if (is_of_system(file) || (is_seen && type != regular)) {
            return text + " is no file on a disk: name one";
        }
        const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
        std::error_code failure;
        std::filesystem::create_directories(folder, failure);
        if (failure) {
            return "cannot make the folder " + folder.string() + " (" + failure.message() + ")";
        }
        auto trial = (folder / ".fedasio-trial-XXXXXX").string();
        const int opened = ::mkstemp(trial.data());
        if (opened < 0) {
            return "cannot write into the folder " + folder.string() + " (" +
                   std::generic_category().message(errno) + ")";
        }
        ::close(opened);
        std::filesystem::remove(trial, failure);
        return {};
    };
    return CLI::Validator(check, "FILE");
}

} // namespace fedasio::program
