#include "net/tls_kit.hpp"

#include <fedasio/text/input_file.hpp>

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>
#include <sys/stat.h>

namespace fedasio::net {
namespace {

// Certificates of kits take less than 1 KiB.
constexpr long most_certificate_bytes = 8192;

void check(bool success, const std::filesystem::path& file, const std::string& what) {
    if (success) {
        return;
    }
    const auto* const reason = ERR_reason_error_string(ERR_peek_last_error());
    const auto detail = reason != nullptr ? " (" + std::string(reason) + ")" : std::string();
    ERR_clear_error();
    throw std::runtime_error(file.string() + " " + what + detail +
                             ": name a folder that 'fedasio pki issue' made");
}

void refuse_open_key(const std::filesystem::path& file) {
    struct stat status{};

    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
        throw std::runtime_error(file.string() +
                                 " can be read by others: issue a new kit, or chmod 600 it if "
                                 "nobody has seen it");
    }
}

void no_resumption(SSL_CTX& context) {
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(&context, 0);
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(&context, 0);
}

} // namespace

std::string common_name(const X509* certificate) {
    const auto* const subject = certificate == nullptr ? nullptr : X509_get_subject_name(certificate);
    const int at = subject == nullptr ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) {
        return {};
    }
    const auto* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::vector<std::string> alternative_names(const X509* certificate) {
    std::vector<std::string> result;
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(
        certificate == nullptr ? nullptr
                               : X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* const name = sk_GENERAL_NAME_value(names.get(), i);
        const bool is_host = name->type == GEN_DNS;
        if (!is_host && name->type != GEN_IPADD) {
            continue;
        }
        const auto* const text = is_host ? name->d.dNSName : name->d.iPAddress;
        const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text)));
        if (is_host) {
            result.push_back(bytes);
        } else if (bytes.size() == sizeof(asio::ip::address_v4::bytes_type)) {
            asio::ip::address_v4::bytes_type raw;
            std::ranges::copy(bytes, raw.begin());
            result.push_back(asio::ip::address_v4(raw).to_string());
        } else if (bytes.size() == sizeof(asio::ip::address_v6::bytes_type)) {
            asio::ip::address_v6::bytes_type raw;
            std::ranges::copy(bytes, raw.begin());
            result.push_back(asio::ip::address_v6(raw).to_string());
        }
    }
    return result;
}

tls::kit::kit(const std::filesystem::path& folder, tls_use use) : context(SSL_CTX_new(TLS_method())) {
    auto* const with = context.get();
    if (with == nullptr || SSL_CTX_set_min_proto_version(with, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(with, TLS1_3_VERSION) != 1) {
        throw std::runtime_error("OpenSSL offers no TLS 1.3; check its configuration");
    }
    no_resumption(*with);
    SSL_CTX_set_mode(with, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_max_cert_list(with, most_certificate_bytes);
    if (use == tls_use::asking) {
        trust(folder);
        return;
    }
    if (use == tls_use::mutual) {
        trust(folder / "ca.pem");
        look_for_revoked(folder / "crl.pem");
    }
    show(folder);
}

void tls::kit::trust(const std::filesystem::path& authority) {
    auto* const with = context.get();
    SSL_CTX_set_verify(with, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (authority.empty()) {
        check(SSL_CTX_set_default_verify_paths(with) == 1, "the system", "has no list of authorities");
    } else {
        text::check_input(authority);
        check(SSL_CTX_load_verify_file(with, authority.c_str()) == 1, authority, "is no certificate");
    }
}

void tls::kit::look_for_revoked(const std::filesystem::path& list) {
    text::check_input(list);
    auto* const store = SSL_CTX_get_cert_store(context.get());
    auto* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    check(lookup != nullptr && X509_load_crl_file(lookup, list.c_str(), X509_FILETYPE_PEM) == 1, list,
          "is no revocation list");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_X509_STRICT);
}

void tls::kit::show(const std::filesystem::path& folder) {
    auto* const with = context.get();
    const auto certificate = folder / "cert.pem";
    text::check_input(certificate);
    check(SSL_CTX_use_certificate_chain_file(with, certificate.c_str()) == 1, certificate,
          "is no certificate");
    const auto key = folder / "key.pem";
    text::check_input(key);
    refuse_open_key(key);
    check(SSL_CTX_use_PrivateKey_file(with, key.c_str(), SSL_FILETYPE_PEM) == 1, key,
          "is no key of cert.pem");
    name = common_name(SSL_CTX_get0_certificate(with));
}

std::string state_of_kit(const std::filesystem::path& folder) {
    std::string text;
    for (const auto* const file : {"ca.pem", "cert.pem", "key.pem", "crl.pem"}) {
        struct stat status{};

        if (::stat((folder / file).c_str(), &status) == 0) {
            text += std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
                    std::to_string(status.st_mtim.tv_sec) + " " + std::to_string(status.st_mtim.tv_nsec);
        }
        text += ';';
    }
    return text;
}

} // namespace fedasio::net
