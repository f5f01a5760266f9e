#include <fedasio/pki/authority.hpp>

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "pki/pem_file.hpp"
#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace fedasio::pki {
namespace {

constexpr long hour = 3600;
constexpr long day = 24 * hour;
constexpr unsigned authority_days = 3650;
/// The most that a common name can hold (X.520, ub-common-name), so what a worker's name can have.
constexpr std::size_t longest_common_name = 64;
/// The most that a host's can have (RFC 1035, 2.3.4), without the dot at the end.
constexpr std::size_t longest_host = 253;
constexpr const char* const folder_of_issued = "issued";
constexpr const char* const folder_of_kits = "kits";

time_ptr time_of(std::time_t when) {
    time_ptr result(ASN1_TIME_set(nullptr, when));
    require(result != nullptr, "that time cannot be expressed");
    return result;
}

key_ptr make_key() {
    key_ptr key(EVP_EC_gen("P-256"));
    require(key != nullptr, "OpenSSL cannot make a key on P-256");
    return key;
}

/// 159 random bits: unique without a counter that could be lost (RFC 5280, 4.1.2.2).
integer_ptr make_serial() {
    const number_ptr number(BN_new());
    require(number && BN_rand(number.get(), 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1,
            "OpenSSL has no random numbers");
    integer_ptr serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
    require(serial != nullptr, "no memory");
    return serial;
}

std::string hex_of(const ASN1_INTEGER& serial) {
    const number_ptr number(ASN1_INTEGER_to_BN(&serial, nullptr));
    const std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })> text(
        BN_bn2hex(number.get()));
    return text.get();
}

void name_it(X509_NAME& into, const std::string& common_name) {
    require(X509_NAME_add_entry_by_txt(&into, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0) == 1,
            "'" + common_name + "' cannot be a name");
}

std::string common_name_of(X509& certificate) {
    const auto* const subject = X509_get_subject_name(&certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) {
        return {};
    }
    const auto* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

/// As it was issued: its common name, or the first host of one that has none.
std::string name_of(X509& certificate) {
    auto name = common_name_of(certificate);
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> hosts(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    if (name.empty() && hosts && sk_GENERAL_NAME_num(hosts.get()) > 0) {
        const auto* const first = sk_GENERAL_NAME_value(hosts.get(), 0);
        if (first->type == GEN_DNS) {
            name.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(first->d.dNSName)),
                        static_cast<std::size_t>(ASN1_STRING_length(first->d.dNSName)));
        }
    }
    return name;
}

void extend(X509& certificate, X509& issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1,
            "'" + value + "' cannot stand in a certificate");
}

certificate_ptr begin_certificate(const std::string& common_name, EVP_PKEY& key, std::time_t now,
                                  unsigned days) {
    certificate_ptr made(X509_new());
    const auto serial = make_serial();
    const auto from = time_of(now - hour);
    const auto until = time_of(now + static_cast<long>(days) * day);
    require(made && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
                X509_set_serialNumber(made.get(), serial.get()) == 1 &&
                X509_set1_notBefore(made.get(), from.get()) == 1 &&
                X509_set1_notAfter(made.get(), until.get()) == 1 && X509_set_pubkey(made.get(), &key) == 1,
            "a certificate cannot be made");
    // A host that is too long for it is among the alternative names, where hosts are looked for.
    if (common_name.size() <= longest_common_name) {
        name_it(*X509_get_subject_name(made.get()), common_name);
    }
    return made;
}

void check_name(const std::string& name, bool is_host) {
    const auto allowed = [is_host](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || (is_host && c == ':');
    };
    const auto longest = is_host ? longest_host : longest_common_name;
    if (name.empty() || name.size() > longest || name.front() == '.' || !std::ranges::all_of(name, allowed)) {
        throw std::runtime_error("'" + name + "' is not 1 to " + std::to_string(longest) +
                                 " letters, digits, '.', '_' or '-', or begins with '.'");
    }
}

/// As OpenSSL's configuration language says it.
std::string alternative_names(const std::vector<std::string>& hosts) {
    std::string text;
    for (const auto& host : hosts) {
        std::unique_ptr<ASN1_OCTET_STRING, freed_by<ASN1_OCTET_STRING_free>> as_address(
            a2i_IPADDRESS(host.c_str()));
        text += (text.empty() ? "" : ",") + std::string(as_address ? "IP:" : "DNS:") + host;
    }
    return text;
}

crl_ptr make_crl(X509& issuer, EVP_PKEY& key, const crl_ptr& before, const std::vector<certificate_ptr>& more,
                 std::time_t now) {
    crl_ptr made(before ? X509_CRL_dup(before.get()) : X509_CRL_new());
    const auto today = time_of(now);
    require(made && X509_CRL_set_version(made.get(), X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(&issuer)) == 1 &&
                X509_CRL_set1_lastUpdate(made.get(), time_of(now - hour).get()) == 1 &&
                X509_CRL_set1_nextUpdate(made.get(), X509_get0_notAfter(&issuer)) == 1,
            "a revocation list cannot be made");
    for (const auto& certificate : more) {
        revoked_ptr entry(X509_REVOKED_new());
        require(entry &&
                    X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate.get())) ==
                        1 &&
                    X509_REVOKED_set_revocationDate(entry.get(), today.get()) == 1 &&
                    X509_CRL_add0_revoked(made.get(), entry.get()) == 1,
                "a revocation list cannot be made");
        (void)entry.release();
    }
    require(X509_CRL_sort(made.get()) == 1 && X509_CRL_sign(made.get(), &key, EVP_sha256()) > 0,
            "a revocation list cannot be signed");
    return made;
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    if (ec) {
        throw std::runtime_error(folder.string() + " cannot be made (" + ec.message() + ")");
    }
}

} // namespace

struct authority::state {
    certificate_ptr certificate;
    key_ptr key;
    crl_ptr revoked;
};

void authority::create(const std::filesystem::path& folder, const std::string& name, std::time_t now) {
    if (std::filesystem::exists(folder / "ca.pem")) {
        throw std::runtime_error(folder.string() + " holds an authority already: choose another folder");
    }
    check_name(name, false);
    make_folder(folder / folder_of_issued);
    make_folder(folder / folder_of_kits);
    const auto key = make_key();
    const auto made = begin_certificate(name, *key, now, authority_days);
    require(X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1, "no memory");
    extend(*made, *made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(*made, *made, NID_subject_key_identifier, "hash");
    require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "a certificate cannot be signed");
    const auto crl = make_crl(*made, *key, {}, {}, now);
    write_file(folder / "ca-key.pem", to_pem(*key), readable_by::owner);
    write_file(folder / "crl.pem", to_pem(*crl), readable_by::all);
    write_file(folder / "ca.pem", to_pem(*made), readable_by::all);
}

authority::authority(std::filesystem::path folder)
    : folder_(std::move(folder)), state_(std::make_unique<state>()) {
    state_->certificate = read_certificate(folder_ / "ca.pem");
    state_->key = read_key(folder_ / "ca-key.pem");
    state_->revoked = read_crl(folder_ / "crl.pem");
    require(X509_check_private_key(state_->certificate.get(), state_->key.get()) == 1,
            (folder_ / "ca-key.pem").string() + " does not belong to ca.pem");
}

authority::~authority() = default;

void authority::issue(const certificate_request& wanted, const std::filesystem::path& kit, std::time_t now) {
    const bool is_master = wanted.who == role::master;
    if (wanted.names.empty()) {
        throw std::runtime_error("a certificate needs a name");
    }
    for (const auto& name : wanted.names) {
        check_name(name, is_master);
    }
    if (std::filesystem::exists(kit / "cert.pem")) {
        throw std::runtime_error(kit.string() + " holds a kit already: choose another folder with --out");
    }
    auto& issuer = *state_->certificate;
    const auto key = make_key();
    const auto made = begin_certificate(wanted.names.front(), *key, now, wanted.days);
    require(X509_set_issuer_name(made.get(), X509_get_subject_name(&issuer)) == 1, "no memory");
    extend(*made, issuer, NID_basic_constraints, "critical,CA:FALSE");
    extend(*made, issuer, NID_key_usage, "critical,digitalSignature");
    extend(*made, issuer, NID_ext_key_usage, is_master ? "serverAuth" : "clientAuth");
    extend(*made, issuer, NID_subject_key_identifier, "hash");
    extend(*made, issuer, NID_authority_key_identifier, "keyid:always");
    if (is_master) {
        // RFC 5280, 4.1.2.6: critical if there is no other name.
        const bool is_only_name = wanted.names.front().size() > longest_common_name;
        extend(*made, issuer, NID_subject_alt_name,
               (is_only_name ? "critical," : "") + alternative_names(wanted.names));
    }
    require(X509_sign(made.get(), state_->key.get(), EVP_sha256()) > 0, "a certificate cannot be signed");
    const auto certificate = to_pem(*made);
    const auto serial = hex_of(*X509_get_serialNumber(made.get()));
    // First what revocation needs, then the kit.
    write_file(folder_ / folder_of_issued / (serial + ".pem"), certificate, readable_by::all);
    make_folder(kit);
    write_file(kit / "key.pem", to_pem(*key), readable_by::owner);
    write_file(kit / "ca.pem", to_pem(issuer), readable_by::all);
    write_file(kit / "crl.pem", to_pem(*state_->revoked), readable_by::all);
    write_file(kit / "cert.pem", certificate, readable_by::all);
}

std::size_t authority::revoke(const std::string& name, std::time_t now) {
    std::vector<certificate_ptr> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder_of_issued)) {
        auto certificate = read_certificate(entry.path());
        X509_REVOKED* known = nullptr;
        const bool is_revoked = X509_CRL_get0_by_cert(state_->revoked.get(), &known, certificate.get()) != 0;
        if (!is_revoked && name_of(*certificate) == name) {
            found.push_back(std::move(certificate));
        }
    }
    if (found.empty()) {
        throw std::runtime_error("no certificate of the name '" + name + "' that is not revoked already in " +
                                 (folder_ / folder_of_issued).string());
    }
    state_->revoked = make_crl(*state_->certificate, *state_->key, state_->revoked, found, now);
    const auto text = to_pem(*state_->revoked);
    write_file(folder_ / "crl.pem", text, readable_by::all);
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder_of_kits)) {
        if (std::filesystem::exists(entry.path() / "cert.pem")) {
            write_file(entry.path() / "crl.pem", text, readable_by::all);
        }
    }
    return found.size();
}

} // namespace fedasio::pki
