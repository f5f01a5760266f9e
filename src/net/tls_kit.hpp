#pragma once

#include <fedasio/net/tls.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

namespace fedasio::net {

template <auto Free>
struct freed_by {
    template <typename T>
    void operator()(T* what) const noexcept {
        Free(what);
    }
};

using ssl_context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;

/// A kit as it was read once.
struct tls::kit {
    ssl_context_ptr context;
    std::string name;

    kit(const std::filesystem::path& folder, tls_use use);

private:
    void trust(const std::filesystem::path& authority);
    void look_for_revoked(const std::filesystem::path& list);
    void show(const std::filesystem::path& folder);
};

/// Differs when one of the kit's files does.
[[nodiscard]] std::string state_of_kit(const std::filesystem::path& folder);

[[nodiscard]] std::string common_name(const X509* certificate);

/// Names and addresses of hosts in it (RFC 5280, 4.2.1.6).
[[nodiscard]] std::vector<std::string> alternative_names(const X509* certificate);

} // namespace fedasio::net
