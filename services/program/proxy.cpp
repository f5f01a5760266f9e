#include "program/proxy.hpp"

#include <CLI/CLI.hpp>

#include "program/protection.hpp"
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace fedasio::program {
namespace {

constexpr auto no_proxy_word = "none";

std::string variable(const char* name) {
    const auto* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

chosen_proxy parse(const std::string& url, const std::string& from) {
    try {
        return {net::http_proxy::parse(url), from};
    } catch (const std::invalid_argument& problem) {
        throw std::runtime_error(from + ": " + problem.what() + "; or give --proxy none");
    }
}

} // namespace

CLI::Option* add_proxy_option(CLI::App& app, std::string& into) {
    return app.add_option(
        "--proxy", into,
        "reach the master through this HTTP proxy (CONNECT), such as http://proxy.example:3128; "
        "'none' for no proxy (default: that of the environment's https_proxy or all_proxy, unless "
        "no_proxy names the master)");
}

chosen_proxy choose_proxy(const std::string& option, const net::address& master) {
    if (option == no_proxy_word) {
        return {};
    }
    if (!option.empty()) {
        return parse(option, "--proxy");
    }
    if (is_loopback(master) || net::is_listed(variable("no_proxy"), master) ||
        net::is_listed(variable("NO_PROXY"), master)) {
        return {};
    }
    constexpr std::array names{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (const auto* const name : names) {
        const auto url = variable(name);
        if (!url.empty()) {
            return parse(url, name);
        }
    }
    return {};
}

} // namespace fedasio::program
