#include "dashboard_access.hpp"

#include <fedasio/net/tls.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/ip/host_name.hpp>

#include "program/command_line.hpp"
#include <memory>
#include <stdexcept>
#include <utility>

namespace fedasio::program {
namespace {

bool is_wildcard(const net::address& where) {
    return where.host == "0.0.0.0" || where.host == "::";
}

CLI::Validator public_url() {
    return {[](const std::string& text) {
                try {
                    dashboard::public_origin::parse(text);
                } catch (const std::invalid_argument& problem) {
                    return std::string(problem.what());
                }
                return std::string();
            },
            "URL"};
}

} // namespace

void add_dashboard_access_options(CLI::App& app, dashboard_access_options& into) {
    app.add_option("--dashboard-tls", into.kit,
                   "serve the dashboard by HTTPS, with this kit of a master (default off loopback: that of "
                   "--tls)")
        ->check(CLI::ExistingDirectory);
    app.add_option("--dashboard-tokens", into.tokens,
                   "ask who opens the dashboard for a token of this file, which is made if it is not there "
                   "(default off loopback: dashboard-tokens in the state folder)");
    app.add_option("--dashboard-name", into.names,
                   "another host name by which browsers reach the dashboard; may be repeated")
        ->check(host_name())
        ->allow_extra_args(false);
    app.add_option("--dashboard-origin", into.origins,
                   "the address that browsers use when a proxy stands before the dashboard, such as "
                   "https://fl.example.org/training; pages of no other may command. Needs tokens; may be "
                   "repeated")
        ->check(public_url())
        ->allow_extra_args(false);
    app.add_option("--dashboard-embed", into.embedders,
                   "the address of pages that may show the dashboard in a frame, such as a notebook's "
                   "http://localhost:8888; may be repeated")
        ->check(public_url())
        ->allow_extra_args(false);
}

dashboard_access make_dashboard_access(net::runtime& rt, const dashboard_access_options& from,
                                       const protection_options& of_workers, const net::address& where,
                                       const std::filesystem::path& state_dir, const news_handler& on_news) {
    const bool is_open = !is_loopback(where);
    const auto kit = from.kit.empty() && is_open ? of_workers.tls : from.kit;
    if (is_open && kit.empty() && !of_workers.insecure) {
        throw std::runtime_error(
            "the dashboard on " + where.to_string() +
            " would be reached without encryption: give --tls KIT or --dashboard-tls KIT, "
            "leave it on 127.0.0.1, or give --insecure if everyone who reaches that "
            "network is trusted");
    }
    dashboard_access result;
    result.protection.names = from.names;
    if (is_open) {
        result.protection.names.push_back(boost::asio::ip::host_name());
        if (!is_wildcard(where)) {
            result.protection.names.push_back(where.host);
        }
    }
    if (!from.names.empty() && is_open) {
        result.public_host = from.names.front();
    } else if (is_wildcard(where)) {
        result.public_host = boost::asio::ip::host_name();
    }
    if (!kit.empty()) {
        const auto tls = open_masters_kit(rt, kit, net::tls_use::serving, on_news);
        const auto hosts = tls->own_hosts();
        result.protection.names.insert(result.protection.names.end(), hosts.begin(), hosts.end());
        if (from.names.empty() && is_wildcard(where) && !hosts.empty()) {
            result.public_host = hosts.front();
        }
        result.protection.prove = [tls](std::unique_ptr<net::stream> fresh) {
            return tls->accept(std::move(fresh));
        };
    }
    if (is_open || !from.tokens.empty()) {
        result.protection.tokens = dashboard::access_tokens::read_or_make(
            from.tokens.empty() ? state_dir / "dashboard-tokens" : from.tokens);
    }
    for (const auto& url : from.origins) {
        result.protection.origins.push_back(dashboard::public_origin::parse(url));
    }
    for (const auto& url : from.embedders) {
        result.protection.embedders.push_back(dashboard::public_origin::parse(url).origin());
    }
    if (!from.origins.empty() && !result.protection.tokens) {
        throw std::runtime_error("--dashboard-origin without tokens would let everyone command who reaches " +
                                 from.origins.front() + ": give --dashboard-tokens FILE, too");
    }
    return result;
}

std::string dashboard_lines(const dashboard_access& access, net::address where) {
    if (!access.public_host.empty()) {
        where.host = access.public_host;
    }
    const auto url = (access.protection.prove ? "https://" : "http://") + where.to_string() + "/";
    auto lines = "dashboard " + url + "\n";
    std::vector<std::string> pages;
    for (const auto& one : access.protection.origins) {
        pages.push_back(one.url());
    }
    if (pages.empty()) {
        pages.push_back(url);
    }
    if (const auto& tokens = access.protection.tokens) {
        for (const auto& page : pages) {
            lines += "operator " + page + "?token=" + tokens->of_operators + "\n";
            lines += "viewer " + page + "?token=" + tokens->of_viewers + "\n";
        }
    }
    return lines;
}

} // namespace fedasio::program
