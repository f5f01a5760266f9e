#pragma once

#include <fedasio/dashboard/server_protection.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tcp.hpp>

#include "program/cli_names.hpp"
#include "program/protection.hpp"
#include <filesystem>
#include <string>
#include <vector>

namespace fedasio::program {

/// Who may use the dashboard, as the flags say.
struct dashboard_access_options {
    std::filesystem::path kit;
    std::filesystem::path tokens;
    std::vector<std::string> names;
    std::vector<std::string> origins;
    std::vector<std::string> embedders;
};

/// Adds --dashboard-tls, --dashboard-tokens, --dashboard-name, --dashboard-origin and --dashboard-embed.
void add_dashboard_access_options(CLI::App& app, dashboard_access_options& into);

/// The same with all defaults filled in.
struct dashboard_access {
    dashboard::server_protection protection;
    std::string public_host; ///< by which people reach it; empty: the address it listens on
};

/// On a loopback address the dashboard is plain and open unless the flags say otherwise. On any other it
/// needs TLS, by its own kit or that of --tls, or --insecure, and tokens; those come from a file in
/// `state_dir` unless another is named. `on_news` is told of a kit that ends soon and of changes. Throws
/// std::runtime_error with a remedy.
dashboard_access make_dashboard_access(net::runtime& rt, const dashboard_access_options& from,
                                       const protection_options& of_workers, const net::address& where,
                                       const std::filesystem::path& state_dir, const news_handler& on_news);

/// The lines that the master prints: the dashboard's address, and with tokens an address for each role.
[[nodiscard]] std::string dashboard_lines(const dashboard_access& access, net::address where);

} // namespace fedasio::program
