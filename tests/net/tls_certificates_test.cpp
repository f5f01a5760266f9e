#include "tls_meeting.hpp"

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace fedasio::net::testing::tls_meeting;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(tls_certificates, fixture)

BOOST_AUTO_TEST_CASE(certificates_out_of_time) {
    const auto master = master_kit();
    const auto old = kit(pki::role::worker, "old", now() - 31 * day);
    const auto coming = kit(pki::role::worker, "coming", now() + 2 * day);
    expect(meet(master, old), tls_errc::expired, tls_errc::own_expired);
    expect(meet(master, coming), tls_errc::not_yet_valid, tls_errc::own_bad_certificate);
    expect(meet(kit(pki::role::master, "old.example", now() - 31 * day), worker_kit(), "old.example"),
           tls_errc::own_expired, tls_errc::expired);
}

BOOST_AUTO_TEST_CASE(time_is_the_runtimes) {
    const auto master = master_kit();
    const auto worker = worker_kit();
    expect(meet(master, worker), {}, {});
    world.time().advance(std::chrono::hours(24 * 31));
    const auto late = meet(master, worker);
    BOOST_TEST(late.worker == error_code(tls_errc::expired));
}

BOOST_AUTO_TEST_CASE(another_authority) {
    pki::authority::create(folder / "other", "test", now());
    const auto stranger = kit(pki::role::worker, "ward-3", now(), "other");
    expect(meet(master_kit(), stranger), tls_errc::own_other_authority, tls_errc::other_authority);
    // A worker that does not look would not help itself: the master looks too.
    std::filesystem::copy_file(folder / "pki" / "ca.pem", stranger / "ca.pem",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(folder / "pki" / "crl.pem", stranger / "crl.pem",
                               std::filesystem::copy_options::overwrite_existing);
    expect(meet(folder / "pki-master.example", stranger), tls_errc::other_authority,
           tls_errc::own_other_authority);
}

BOOST_AUTO_TEST_CASE(a_certificate_in_the_wrong_role) {
    const auto master = master_kit();
    const auto worker = worker_kit();
    expect(meet(worker, kit(pki::role::worker, "ward-4", now()), "ward-3"), tls_errc::own_wrong_role,
           tls_errc::wrong_role);
    expect(meet(master, kit(pki::role::master, "other.example", now())), tls_errc::wrong_role,
           tls_errc::own_wrong_role);
}

BOOST_AUTO_TEST_CASE(a_master_of_another_name) {
    const auto master = master_kit();
    const auto worker = worker_kit();
    for (const auto* host : {"other.example", "127.0.0.1", "example", "x.master.example"}) {
        expect(meet(master, worker, host), tls_errc::own_bad_certificate, tls_errc::wrong_name);
    }
    const auto by_address = kit(pki::role::master, "127.0.0.1", now());
    expect(meet(by_address, worker, "127.0.0.1"), {}, {});
    expect(meet(by_address, worker, "127.0.0.2"), tls_errc::own_bad_certificate, tls_errc::wrong_name);
}

BOOST_AUTO_TEST_CASE(revoked_from_the_next_handshake_on) {
    const auto masters = master_kit();
    const auto workers = worker_kit();
    const auto others = kit(pki::role::worker, "ward-4", now());
    tls master(world, masters, [this](const std::string& text) { news.push_back(text); });
    const auto try_with = [&](const std::filesystem::path& who) {
        tls worker(world, who);
        memory_link link(world.executor());
        meeting accepted(world, master.accept(std::move(link.second)));
        meeting connected(world, worker.connect(std::move(link.first), "master.example"));
        world.run_for(2s);
        return accepted.error();
    };
    BOOST_TEST(!try_with(workers));
    BOOST_TEST(news.empty());
    BOOST_TEST(pki::authority(folder / "pki").revoke("ward-3", now()) == 1U);
    std::filesystem::copy_file(folder / "pki" / "crl.pem", masters / "crl.pem",
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(try_with(workers) == error_code(tls_errc::revoked));
    BOOST_TEST(!try_with(others));
    BOOST_TEST(news.size() == 1U);
    // A list that cannot be read lets nobody back in.
    folder.write("pki-master.example/crl.pem", "nonsense");
    BOOST_TEST(try_with(workers) == error_code(tls_errc::revoked));
    BOOST_TEST(!try_with(others));
    BOOST_TEST_REQUIRE(news.size() == 2U);
    BOOST_TEST(news[1].find("crl.pem is no revocation list") != std::string::npos, news[1]);
}

BOOST_AUTO_TEST_CASE(a_list_of_another_authority_lets_nobody_in) {
    pki::authority::create(folder / "other", "other", now());
    const auto masters = master_kit();
    std::filesystem::copy_file(folder / "other" / "crl.pem", masters / "crl.pem",
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(meet(masters, worker_kit()).master == error_code(tls_errc::stale_list));
}

BOOST_AUTO_TEST_CASE(a_kit_is_judged_before_it_is_shown) {
    const auto verdict = [this](const std::filesystem::path& kit, side own, tls_use use = tls_use::mutual) {
        const tls shown(world, kit, {}, use);
        try {
            return shown.check_own(own);
        } catch (const std::runtime_error& e) {
            return std::string("refused: ") + e.what();
        }
    };
    const auto says = [](const std::string& text, const std::string& part) {
        BOOST_TEST(text.find(part) != std::string::npos, text);
    };
    const auto master = master_kit();
    const auto worker = worker_kit();
    const auto half_used = kit(pki::role::worker, "half", now() - 2 * 3600);
    BOOST_TEST(
        verdict(half_used, side::connecting).starts_with((half_used / "cert.pem").string() + " expires"));
    const auto fresh = kit(pki::role::master, "fresh.example", now() + 3600 / 2);
    BOOST_TEST(verdict(fresh, side::accepting).empty());
    for (const auto use : {tls_use::mutual, tls_use::serving}) {
        says(verdict(worker, side::accepting, use),
             "refused: " + (worker / "cert.pem").string() + " is not a master's certificate: name");
        const auto old = kit(pki::role::master, use == tls_use::mutual ? "a" : "b", now() - 31 * day);
        says(verdict(old, side::accepting, use),
             "refused: " + (old / "cert.pem").string() + " expired on 20");
    }
    says(verdict(master, side::connecting), "is not a worker's certificate");
    says(verdict(kit(pki::role::worker, "old", now() - 31 * day), side::connecting), "expired on 20");
    const auto coming = kit(pki::role::master, "coming.example", now() + day);
    says(verdict(coming, side::accepting), "cert.pem is not valid before 20");
    pki::authority(folder / "pki").revoke("fresh.example", now());
    std::filesystem::copy_file(folder / "pki" / "crl.pem", fresh / "crl.pem",
                               std::filesystem::copy_options::overwrite_existing);
    says(verdict(fresh, side::accepting), "cert.pem is revoked");
    says(verdict(fresh, side::accepting, tls_use::serving), "cert.pem is revoked");
    std::filesystem::remove(fresh / "crl.pem");
    BOOST_TEST(verdict(fresh, side::accepting, tls_use::serving).empty());
}

BOOST_AUTO_TEST_CASE(kits_that_cannot_be_used) {
    const auto kit = worker_kit();
    ::chmod((kit / "key.pem").c_str(), 0640);
    BOOST_TEST(told(world, kit).find("chmod 600") != std::string::npos);
    ::chmod((kit / "key.pem").c_str(), 0600);
    BOOST_TEST(told(world, kit).empty());
    for (const auto* file : {"ca.pem", "crl.pem", "cert.pem", "key.pem"}) {
        const auto text = fedasio::test::read_bytes(kit / file);
        fedasio::test::write_bytes(kit / file, "nonsense");
        BOOST_TEST(told(world, kit).find(file) != std::string::npos, told(world, kit));
        std::filesystem::remove(kit / file);
        BOOST_TEST(told(world, kit).find(file) != std::string::npos);
        fedasio::test::write_bytes(kit / file, text);
        ::chmod((kit / "key.pem").c_str(), 0600);
    }
    const auto other = this->kit(pki::role::worker, "ward-4", now());
    std::filesystem::copy_file(other / "cert.pem", kit / "cert.pem",
                               std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(told(world, kit).find("is no key of cert.pem") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
