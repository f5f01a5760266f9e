#pragma once

#include <fedasio/net/handshake.hpp>
#include <fedasio/net/tcp.hpp>
#include <fedasio/net/tls.hpp>

#include "program/cli_names.hpp"
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::program {

/// How master and workers know each other, as the flags say.
struct protection_options {
    std::filesystem::path tls; ///< a kit: a folder that `fedasio pki issue` made
    std::string master_name;   ///< a worker expects it of the certificate; empty: the host that it dials
    std::filesystem::path key_file;
    bool insecure = false;

    [[nodiscard]] bool is_none() const { return tls.empty() && key_file.empty(); }
};

/// Adds --tls, --key-file and --insecure, which exclude each other.
void add_protection_options(CLI::App& app, protection_options& into);

[[nodiscard]] bool is_loopback(const net::address& where);

/// Throws std::runtime_error that names the remedies when `where` is not on the loopback interface and
/// nothing protects the connections.
void require_protection(const protection_options& how, const net::address& where);

using news_handler = std::function<void(const std::string&)>;

/// Throws std::runtime_error with a remedy when a master cannot use this kit; `on_news` is told when it ends
/// soon, and of changes.
std::shared_ptr<net::tls> open_masters_kit(net::runtime& rt, const std::filesystem::path& folder,
                                           net::tls_use use, const news_handler& on_news);

/// What a master does with each stream that it accepts, empty when nothing protects the connections. Makes
/// the key file if there is none. `on_news` is told of a kit that ends soon and of changes. Throws
/// std::runtime_error with a remedy.
net::handshake accepting_handshake(net::runtime& rt, const protection_options& how,
                                   const news_handler& on_news);

/// What a worker does with each stream to a master.
struct connecting_handshakes {
    std::function<net::handshake(std::string host)> to; ///< given the host that was dialled
    std::string own_name;                               ///< that of the kit; empty without one
};

/// Throws likewise.
connecting_handshakes connecting_handshake(net::runtime& rt, const protection_options& how,
                                           const news_handler& on_news);

} // namespace fedasio::program
