#include "program/command_line.hpp"

#include <fedasio/build_info.hpp>
#include <fedasio/net/tcp.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <unistd.h>

namespace fedasio::program {

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& start) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked_for_help) {
        return app.exit(asked_for_help);
    } catch (const CLI::ParseError& e) {
        std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", app.get_name().c_str(), e.what(),
                     app.get_name().c_str());
        return wrong_usage;
    }
    try {
        return start();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), e.what());
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
        try {
            net::address::parse(text);
            return {};
        } catch (const std::exception& e) {
            return e.what();
        }
    };
    return CLI::Validator(check, "HOST:PORT");
}

CLI::Validator writable_file() {
    const auto check = [](const std::string& text) -> std::string {
        const std::filesystem::path file(text);
        if (!file.has_filename() || std::filesystem::is_directory(file)) {
            return text + " is a folder: name a file";
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
