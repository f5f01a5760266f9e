#pragma once

#include <fedasio/net/http_proxy.hpp>

#include "program/cli_names.hpp"
#include <optional>
#include <string>

namespace fedasio::program {

/// Adds --proxy.
CLI::Option* add_proxy_option(CLI::App& app, std::string& into);

struct chosen_proxy {
    std::optional<net::http_proxy> proxy;
    std::string from; ///< "--proxy", or the variable of the environment
};

/// The proxy through which `master` is reached: that of `option` (none for the word "none"), else of the
/// environment's https_proxy, HTTPS_PROXY, all_proxy or ALL_PROXY, unless the master is on the loopback
/// interface or listed in no_proxy or NO_PROXY. Throws std::runtime_error that names the place, and shows no
/// password.
[[nodiscard]] chosen_proxy choose_proxy(const std::string& option, const net::address& master);

} // namespace fedasio::program
