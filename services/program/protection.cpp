#include "program/protection.hpp"

#include <fedasio/net/shared_key.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace fedasio::program {
namespace {

net::handshake key_handshake(net::runtime& rt, const net::shared_key& key, net::side own) {
    return [&rt, key, own](std::unique_ptr<net::stream> fresh) {
        return net::prove_key(rt, std::move(fresh), key, own);
    };
}

std::shared_ptr<net::tls> open_kit(net::runtime& rt, const std::filesystem::path& folder, net::side own,
                                   net::tls_use use, const news_handler& on_news) {
    auto kit = std::make_shared<net::tls>(rt, folder, on_news, use);
    const auto warning = kit->check_own(own);
    if (!warning.empty() && on_news) {
        on_news(warning);
    }
    return kit;
}

} // namespace

std::shared_ptr<net::tls> open_masters_kit(net::runtime& rt, const std::filesystem::path& folder,
                                           net::tls_use use, const news_handler& on_news) {
    return open_kit(rt, folder, net::side::accepting, use, on_news);
}

void add_protection_options(CLI::App& app, protection_options& into) {
    auto* const kit =
        app.add_option("--tls", into.tls,
                       "encrypt, and know each other by certificates: a folder that 'fedasio pki "
                       "issue' made")
            ->check(CLI::ExistingDirectory);
    auto* const key_file =
        app.add_option("--key-file", into.key_file,
                       "a key that master and workers share; proves who connects, encrypts nothing")
            ->excludes(kit);
    app.add_flag("--insecure", into.insecure,
                 "use addresses that other machines reach without either: anyone there can take part")
        ->excludes(kit)
        ->excludes(key_file);
}

bool is_loopback(const net::address& where) {
    return where.host.starts_with("127.") || where.host == "::1" || where.host == "localhost";
}

void require_protection(const protection_options& how, const net::address& where) {
    if (how.is_none() && !how.insecure && !is_loopback(where)) {
        throw std::runtime_error(where.to_string() +
                                 " is not on the loopback interface, and nothing protects the connection: "
                                 "give master and workers --tls KIT or --key-file FILE, or --insecure if "
                                 "everyone who reaches that network is trusted");
    }
}

net::handshake accepting_handshake(net::runtime& rt, const protection_options& how,
                                   const news_handler& on_news) {
    if (!how.tls.empty()) {
        const auto kit = open_masters_kit(rt, how.tls, net::tls_use::mutual, on_news);
        return [kit](std::unique_ptr<net::stream> fresh) { return kit->accept(std::move(fresh)); };
    }
    if (!how.key_file.empty()) {
        return key_handshake(rt, net::shared_key::read_or_make(how.key_file), net::side::accepting);
    }
    return {};
}

connecting_handshakes connecting_handshake(net::runtime& rt, const protection_options& how,
                                           const news_handler& on_news) {
    if (!how.tls.empty()) {
        const auto kit = open_kit(rt, how.tls, net::side::connecting, net::tls_use::mutual, on_news);
        const auto to = [kit, pinned = how.master_name](const std::string& host) -> net::handshake {
            return [kit, name = pinned.empty() ? host : pinned](std::unique_ptr<net::stream> fresh) {
                return kit->connect(std::move(fresh), name);
            };
        };
        return {to, kit->own_name()};
    }
    net::handshake prove;
    if (!how.key_file.empty()) {
        prove = key_handshake(rt, net::shared_key::read(how.key_file), net::side::connecting);
    }
    return {[prove](const std::string&) { return prove; }, {}};
}

} // namespace fedasio::program
