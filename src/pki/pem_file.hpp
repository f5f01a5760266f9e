#pragma once

#include "pki/openssl.hpp"
#include <filesystem>
#include <string>

namespace fedasio::pki {

[[nodiscard]] certificate_ptr read_certificate(const std::filesystem::path& file);
[[nodiscard]] crl_ptr read_crl(const std::filesystem::path& file);
[[nodiscard]] key_ptr read_key(const std::filesystem::path& file);

[[nodiscard]] std::string to_pem(X509& certificate);
[[nodiscard]] std::string to_pem(X509_CRL& crl);
[[nodiscard]] std::string to_pem(EVP_PKEY& key);

enum class readable_by { all, owner };

/// Written beside its place, synced and renamed.
void write_file(const std::filesystem::path& file, const std::string& text, readable_by whom);

} // namespace fedasio::pki
