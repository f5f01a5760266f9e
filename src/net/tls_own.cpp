#include <fedasio/net/tls.hpp>
#include <fedasio/text/input_file.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls_kit.hpp"
#include <array>
#include <ctime>
#include <stdexcept>

namespace fedasio::net {
namespace {

constexpr int days_of_warning = 30;

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;

std::string text_of(const ASN1_TIME& time) {
    std::tm parts{};
    std::array<char, 32> text{};
    if (ASN1_TIME_to_tm(&time, &parts) != 1) {
        return "an unreadable date";
    }
    const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
    return {text.data(), size};
}

/// By the list in the kit, if there is one of the certificate's authority.
bool is_revoked(X509& certificate, const std::filesystem::path& list) {
    text::check_input(list);
    const bio_ptr in(BIO_new_file(list.c_str(), "r"));
    const crl_ptr crl(in ? PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr) : nullptr);
    ERR_clear_error();
    X509_REVOKED* entry = nullptr;
    return crl && X509_CRL_get0_by_cert(crl.get(), &entry, &certificate) == 1;
}

} // namespace

std::string tls::check_own(side own) const {
    auto& certificate = *SSL_CTX_get0_certificate(kit_->context.get());
    const auto now = static_cast<std::time_t>(rt_.time.unix_time());
    const auto file = (folder_ / "cert.pem").string();
    const bool accepts = own == side::accepting;
    const std::string anew = accepts ? "make a new kit with 'fedasio pki issue PKI master HOST'"
                                     : "make a new kit with 'fedasio pki issue PKI worker NAME'";
    if (X509_check_purpose(&certificate, accepts ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT, 0) !=
        1) {
        throw std::runtime_error(file +
                                 (accepts ? " is not a master's certificate: name a master's kit, or "
                                          : " is not a worker's certificate: name a worker's kit, or ") +
                                 anew);
    }
    const auto& end = *X509_get0_notAfter(&certificate);
    const auto& begin = *X509_get0_notBefore(&certificate);
    if (ASN1_TIME_cmp_time_t(&end, now) <= 0) {
        throw std::runtime_error(file + " expired on " + text_of(end) + ": " + anew);
    }
    if (ASN1_TIME_cmp_time_t(&begin, now) > 0) {
        throw std::runtime_error(file + " is not valid before " + text_of(begin) +
                                 ": set this machine's clock, or wait until then");
    }
    if (is_revoked(certificate, folder_ / "crl.pem")) {
        throw std::runtime_error(file + " is revoked by crl.pem beside it: " + anew);
    }
    const std::time_t soon = now + std::time_t{days_of_warning} * 24 * 3600;
    return ASN1_TIME_cmp_time_t(&end, soon) < 0 ? file + " expires on " + text_of(end) + ": " + anew
                                                : std::string();
}

} // namespace fedasio::net
