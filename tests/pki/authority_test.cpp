#include <fedasio/pki/authority.hpp>

#include <boost/test/unit_test.hpp>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <scratch_directory.hpp>
#include <stdexcept>
#include <sys/stat.h>

using namespace fedasio::pki;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;

namespace {

constexpr std::time_t now = 1'750'000'000;
constexpr std::time_t hour = 3600;

using certificate = std::unique_ptr<X509, decltype([](X509* what) { X509_free(what); })>;

certificate read(const std::filesystem::path& file) {
    const auto text = read_bytes(file);
    const std::unique_ptr<BIO, decltype([](BIO* what) { BIO_free(what); })> in(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    certificate got(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    BOOST_TEST_REQUIRE(got.get() != nullptr);
    return got;
}

bool is_at(const ASN1_TIME* when, std::time_t expected) {
    return ASN1_TIME_cmp_time_t(when, expected) == 0;
}

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status{};

    BOOST_TEST_REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

certificate_request wanted(role who, std::vector<std::string> names) {
    certificate_request result;
    result.who = who;
    result.names = std::move(names);
    return result;
}

template <typename Call>
std::string told(Call call) {
    try {
        call();
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct fixture {
    scratch_directory scratch;
    std::filesystem::path folder = scratch / "pki";

    fixture() { authority::create(folder, "hospitals", now); }

    std::filesystem::path issue(role who, const std::vector<std::string>& names) const {
        const auto kit = folder / "kits" / names.front();
        authority(folder).issue(wanted(who, names), kit, now);
        return kit;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(authorities, fixture)

BOOST_AUTO_TEST_CASE(secrets_are_the_owners) {
    const auto kit = issue(role::worker, {"ward-3"});
    BOOST_TEST(mode_of(folder / "ca-key.pem") == 0600U);
    BOOST_TEST(mode_of(kit / "key.pem") == 0600U);
    BOOST_TEST(mode_of(kit / "cert.pem") == 0644U);
    BOOST_TEST(read_bytes(kit / "ca.pem") == read_bytes(folder / "ca.pem"));
    BOOST_TEST(read_bytes(kit / "key.pem") != read_bytes(folder / "ca-key.pem"));
}

BOOST_AUTO_TEST_CASE(what_certificates_say) {
    const auto ca = read(folder / "ca.pem");
    BOOST_TEST(X509_check_ca(ca.get()) == 1);
    BOOST_TEST(is_at(X509_get0_notAfter(ca.get()), now + 3650 * 24 * hour));
    const auto worker = read(issue(role::worker, {"ward-3"}) / "cert.pem");
    BOOST_TEST(X509_check_ca(worker.get()) == 0);
    BOOST_TEST(X509_check_purpose(worker.get(), X509_PURPOSE_SSL_CLIENT, 0) == 1);
    BOOST_TEST(X509_check_purpose(worker.get(), X509_PURPOSE_SSL_SERVER, 0) == 0);
    BOOST_TEST(is_at(X509_get0_notBefore(worker.get()), now - hour));
    BOOST_TEST(is_at(X509_get0_notAfter(worker.get()), now + 365 * 24 * hour));
    const auto master = read(issue(role::master, {"master.example", "10.0.0.5", "::1"}) / "cert.pem");
    BOOST_TEST(X509_check_purpose(master.get(), X509_PURPOSE_SSL_CLIENT, 0) == 0);
    BOOST_TEST(X509_check_purpose(master.get(), X509_PURPOSE_SSL_SERVER, 0) == 1);
    BOOST_TEST(X509_check_host(master.get(), "master.example", 0, 0, nullptr) == 1);
    BOOST_TEST(X509_check_host(master.get(), "other.example", 0, 0, nullptr) == 0);
    BOOST_TEST(X509_check_ip_asc(master.get(), "10.0.0.5", 0) == 1);
    BOOST_TEST(X509_check_ip_asc(master.get(), "::1", 0) == 1);
    for (const auto* const issued : {worker.get(), master.get()}) {
        BOOST_TEST(X509_verify(const_cast<X509*>(issued), X509_get0_pubkey(ca.get())) == 1);
    }
    BOOST_TEST(ASN1_INTEGER_cmp(X509_get0_serialNumber(worker.get()), X509_get0_serialNumber(master.get())) !=
               0);
}

BOOST_AUTO_TEST_CASE(hosts_with_long_names) {
    std::string longest;
    for (const auto size : {63, 63, 63, 61}) {
        longest += (longest.empty() ? "" : ".") + std::string(static_cast<std::size_t>(size), 'a');
    }
    BOOST_TEST_REQUIRE(longest.size() == 253U);
    const auto kit = issue(role::master, {longest, "master.example"});
    const auto master = read(kit / "cert.pem");
    BOOST_TEST(X509_check_host(master.get(), longest.data(), longest.size(), 0, nullptr) == 1);
    BOOST_TEST(X509_check_host(master.get(), "master.example", 0, 0, nullptr) == 1);
    BOOST_TEST(X509_NAME_entry_count(X509_get_subject_name(master.get())) == 0);
    const int place = X509_get_ext_by_NID(master.get(), NID_subject_alt_name, -1);
    BOOST_TEST(X509_EXTENSION_get_critical(X509_get_ext(master.get(), place)) == 1);
    BOOST_TEST(says(told([&] { issue(role::master, {longest + "a"}); }), "is not 1 to 253 letters"));
    BOOST_TEST(says(told([&] { authority(folder).revoke("master.example", now); }), "not revoked already"));
    BOOST_TEST(authority(folder).revoke(longest, now) == 1U);
}

BOOST_AUTO_TEST_CASE(revocation_reaches_the_kits_here) {
    const auto three = issue(role::worker, {"ward-3"});
    const auto four = issue(role::worker, {"ward-4"});
    authority(folder).issue(wanted(role::worker, {"ward-3"}), scratch / "elsewhere", now);
    const auto before = read_bytes(four / "crl.pem");
    BOOST_TEST(authority(folder).revoke("ward-3", now) == 2U);
    BOOST_TEST(read_bytes(four / "crl.pem") != before);
    BOOST_TEST(read_bytes(four / "crl.pem") == read_bytes(folder / "crl.pem"));
    BOOST_TEST(says(told([&] { authority(folder).revoke("ward-3", now); }), "not revoked already"));
    // Who comes back has a new certificate, and the old ones stay on the list.
    authority(folder).issue(wanted(role::worker, {"ward-3"}), scratch / "anew", now);
    BOOST_TEST(read_bytes(scratch / "anew" / "crl.pem") == read_bytes(folder / "crl.pem"));
    BOOST_TEST(authority(folder).revoke("ward-3", now) == 1U);
    BOOST_TEST(authority(folder).revoke("ward-4", now) == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten) {
    const auto key = read_bytes(folder / "ca-key.pem");
    BOOST_TEST(says(told([&] { authority::create(folder, "again", now); }), "already"));
    BOOST_TEST(read_bytes(folder / "ca-key.pem") == key);
    const auto kit = issue(role::worker, {"ward-3"});
    const auto certificate = read_bytes(kit / "cert.pem");
    BOOST_TEST(says(told([&] { issue(role::worker, {"ward-3"}); }), "--out"));
    BOOST_TEST(read_bytes(kit / "cert.pem") == certificate);
}

BOOST_AUTO_TEST_CASE(names_that_are_none) {
    for (const auto* name :
         {"", "a b", "../ward", ".ward", "a/b", "a\nb", "a,DNS:evil", "caf\xc3\xa9", "a:b"}) {
        BOOST_TEST(
            says(told([&] { authority(folder).issue(wanted(role::worker, {name}), scratch / "kit", now); }),
                 "is not 1 to 64 letters"),
            name);
    }
    const std::string longest(64, 'a');
    issue(role::worker, {longest});
    BOOST_TEST(!told([&] { issue(role::worker, {longest + "a"}); }).empty());
    BOOST_TEST(
        !told([&] { authority(folder).issue(wanted(role::worker, {}), scratch / "kit", now); }).empty());
    BOOST_TEST(!std::filesystem::exists(scratch / "kit"));
}

BOOST_AUTO_TEST_CASE(folders_that_hold_no_authority) {
    BOOST_TEST(says(told([&] { authority unused(scratch / "absent"); }), "fedasio pki init"));
    fedasio::test::write_bytes(folder / "ca.pem", "nonsense");
    BOOST_TEST(says(told([&] { authority unused(folder); }), "is no certificate"));
    authority::create(scratch / "other", "other", now);
    std::filesystem::copy_file(scratch / "other" / "ca.pem", folder / "ca.pem",
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(says(told([&] { authority unused(folder); }), "does not belong"));
}

BOOST_AUTO_TEST_SUITE_END()
