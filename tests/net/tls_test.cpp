#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/shared_key.hpp>
#include <fedasio/net/tls.hpp>
#include <fedasio/pki/authority.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/bytes.hpp>
#include <net/memory_stream.hpp>
#include <net/virtual_runtime.hpp>
#include <optional>
#include <scratch_directory.hpp>
#include <sys/stat.h>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;
namespace pki = fedasio::pki;

namespace {

constexpr std::time_t day = 24 * 3600;

/// A handshake under way.
struct meeting {
    opened result;
    bool over = false;

    meeting(virtual_runtime& world, awaitable<opened> work) {
        asio::co_spawn(world.executor(), std::move(work),
                       [this](const std::exception_ptr& failure, opened got) {
                           BOOST_TEST(!failure);
                           over = true;
                           result = std::move(got);
                       });
    }

    meeting(const meeting&) = delete;
    meeting& operator=(const meeting&) = delete;

    [[nodiscard]] error_code error() const {
        BOOST_TEST(over);
        BOOST_TEST((result.connection != nullptr) == !result.error);
        return result.error;
    }
};

std::string read_text(virtual_runtime& world, stream& from) {
    std::string text(1000, ' ');
    const auto got = world.run(from.read_some(asio::buffer(text)));
    BOOST_TEST(!got.error, got.error.message());
    text.resize(got.bytes);
    return text;
}

error_code read_error(virtual_runtime& world, stream& from) {
    std::byte byte{};
    return world.run(from.read_some(asio::mutable_buffer(&byte, 1))).error;
}

void write_text(virtual_runtime& world, stream& to, std::string_view text) {
    const asio::const_buffer part(text.data(), text.size());
    const auto sent = world.run(to.write_some(std::span(&part, 1)));
    BOOST_TEST(sent.bytes == text.size());
}

/// An authority, and what it issues.
struct fixture {
    virtual_runtime world;
    fedasio::test::scratch_directory folder;
    std::vector<std::string> news;

    fixture() { pki::authority::create(folder / "pki", "test", now()); }

    [[nodiscard]] std::time_t now() { return static_cast<std::time_t>(world.get().time.unix_time()); }

    std::filesystem::path kit(pki::role who, const std::string& name, std::time_t when,
                              const std::string& authority = "pki") {
        pki::certificate_request wanted;
        wanted.who = who;
        wanted.names = {name};
        wanted.days = 30;
        const auto where = folder / (authority + "-" + name);
        pki::authority(folder / authority).issue(wanted, where, when);
        return where;
    }

    std::filesystem::path master_kit() { return kit(pki::role::master, "master.example", now()); }

    std::filesystem::path worker_kit() { return kit(pki::role::worker, "ward-3", now()); }

    /// A handshake of the two kits, and how it ends for each.
    struct verdicts {
        error_code master;
        error_code worker;
    };

    verdicts meet(const std::filesystem::path& masters, const std::filesystem::path& workers,
                  const std::string& host = "master.example") {
        tls master(world, masters);
        tls worker(world, workers);
        memory_link link(world.executor());
        meeting accepted(world, master.accept(std::move(link.second)));
        meeting connected(world, worker.connect(std::move(link.first), host));
        world.settle();
        verdicts result;
        result.worker = connected.error();
        if (!result.worker) {
            // What the master thinks of the certificate shows at the first read.
            std::byte byte{};
            meeting_read first(world, connected.result.connection->read_some(asio::buffer(&byte, 1)));
            world.settle();
            if (first.over) {
                result.worker = first.error;
            }
            connected.result.connection->close();
            world.settle();
        }
        world.run_for(2s);
        result.master = accepted.error();
        return result;
    }

    struct meeting_read {
        error_code error;
        bool over = false;

        meeting_read(virtual_runtime& world, awaitable<transferred> work) {
            asio::co_spawn(world.executor(), std::move(work),
                           [this](const std::exception_ptr&, transferred got) {
                               over = true;
                               error = got.error;
                           });
        }

        meeting_read(const meeting_read&) = delete;
        meeting_read& operator=(const meeting_read&) = delete;
    };

    void expect(const verdicts& got, error_code master, error_code worker) {
        BOOST_TEST(got.master == master, got.master.message());
        BOOST_TEST(got.worker == worker, got.worker.message());
    }
};

/// Two ends that know each other.
struct established : fixture {
    tls master{world, master_kit()};
    tls worker{world, worker_kit()};
    memory_link link;
    std::unique_ptr<stream> at_master;
    std::unique_ptr<stream> at_worker;

    explicit established(memory_pipe_options pipes = {}) : link(world.executor(), pipes) {
        meeting accepted(world, master.accept(std::move(link.second)));
        meeting connected(world, worker.connect(std::move(link.first), "master.example"));
        world.settle();
        BOOST_TEST_REQUIRE(!accepted.error());
        BOOST_TEST_REQUIRE(!connected.error());
        at_master = std::move(accepted.result.connection);
        at_worker = std::move(connected.result.connection);
    }
};

std::string told(virtual_runtime& world, const std::filesystem::path& kit) {
    try {
        const tls unused(world, kit);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_handshakes, fixture)

BOOST_AUTO_TEST_CASE(both_sides_learn_who_the_other_is) {
    established pair;
    BOOST_TEST(pair.at_master->peer_name() == "ward-3");
    BOOST_TEST(pair.at_worker->peer_name() == "master.example");
    BOOST_TEST(pair.at_master->remote() == "memory:first");
    BOOST_TEST(pair.worker.own_name() == "ward-3");
    write_text(pair.world, *pair.at_worker, "hello");
    const auto wire = pair.link.forth->unread();
    BOOST_TEST(wire > 5U);
    BOOST_TEST(read_text(pair.world, *pair.at_master) == "hello");
    write_text(pair.world, *pair.at_master, "welcome");
    const auto on_the_way = pair.link.back->take();
    BOOST_TEST(on_the_way.find("welcome") == std::string::npos);
    pair.link.back->inject(on_the_way);
    BOOST_TEST(read_text(pair.world, *pair.at_worker) == "welcome");
}

BOOST_AUTO_TEST_CASE(nothing_to_resume_from_is_sent) {
    established pair;
    BOOST_TEST(pair.link.back->unread() == 0U); // where session tickets would be
}

BOOST_AUTO_TEST_CASE(a_large_message_in_small_pieces) {
    memory_pipe_options pipes;
    pipes.read_chunk = 100;
    pipes.write_chunk = 777;
    pipes.capacity = 2000;
    established pair(pipes);
    std::string text;
    for (int i = 0; i < 30000; ++i) {
        text += std::to_string(i);
    }
    std::string got;
    const auto receive = [](stream& from, std::string& into, std::size_t bytes) -> awaitable<void> {
        std::string part(5000, ' ');
        while (into.size() < bytes) {
            const auto now = co_await from.read_some(asio::buffer(part));
            BOOST_TEST_REQUIRE(!now.error);
            into.append(part, 0, now.bytes);
        }
    };
    nursery children(pair.world.executor());
    children.spawn(receive(*pair.at_master, got, text.size()));
    std::string_view left(text);
    while (!left.empty()) {
        const std::array parts{
            asio::const_buffer(left.data(), left.size() / 2),
            asio::const_buffer(left.data() + left.size() / 2, left.size() - left.size() / 2)};
        const auto sent = pair.world.run(pair.at_worker->write_some(parts));
        BOOST_TEST_REQUIRE(!sent.error);
        BOOST_TEST(sent.bytes <= 65536U);
        left.remove_prefix(sent.bytes);
    }
    pair.world.run(children.join());
    BOOST_TEST((got == text));
}

BOOST_AUTO_TEST_CASE(connections_speak_over_it_and_say_goodbye) {
    established pair;
    const auto near = std::make_shared<connection>(pair.world.get(), std::move(pair.at_worker));
    const auto far = std::make_shared<connection>(pair.world.get(), std::move(pair.at_master));
    far->on_frame([&far](const frame& got) { far->reply(got); });
    near->start();
    far->start();
    const auto answer =
        pair.world.run(near->request(frame(frame_type::first_free), {}, pair.world.now() + 1s));
    BOOST_TEST((answer.result == outcome::reply));
    near->close("enough");
    BOOST_TEST(pair.world.run(near->ended()) == error_code(errc::closed));
    BOOST_TEST(pair.world.run(far->ended()) == error_code(errc::closed_by_peer));
}

BOOST_AUTO_TEST_CASE(an_orderly_end_comes_after_what_was_written) {
    established pair;
    write_text(pair.world, *pair.at_worker, "last words");
    pair.at_worker->shutdown_send();
    pair.world.settle();
    BOOST_TEST(pair.link.forth->has_ended());
    BOOST_TEST(read_text(pair.world, *pair.at_master) == "last words");
    BOOST_TEST(read_error(pair.world, *pair.at_master) == error_code(asio::error::eof));
    write_text(pair.world, *pair.at_master, "still there");
    BOOST_TEST(read_text(pair.world, *pair.at_worker) == "still there");
}

BOOST_AUTO_TEST_CASE(a_changed_bit_is_noticed) {
    established pair;
    write_text(pair.world, *pair.at_worker, "weights");
    auto bytes = pair.link.forth->take();
    bytes[10] = static_cast<char>(bytes[10] ^ 1);
    pair.link.forth->inject(bytes);
    BOOST_TEST(read_error(pair.world, *pair.at_master) == error_code(tls_errc::damaged));
}

BOOST_AUTO_TEST_CASE(what_was_recorded_is_worth_nothing) {
    tls master(world, master_kit());
    tls worker(world, worker_kit());
    memory_link link(world.executor());
    memory_link other(world.executor());
    meeting connected(world, worker.connect(std::move(link.first), "master.example"));
    meeting accepted(world, master.accept(std::move(other.second)));
    std::string said;
    for (int i = 0; i < 4; ++i) {
        world.settle();
        const auto from_worker = link.forth->take();
        said += from_worker;
        other.forth->inject(from_worker);
        world.settle();
        link.back->inject(other.back->take());
    }
    BOOST_TEST(!accepted.error());
    memory_link again(world.executor());
    meeting replayed(world, master.accept(std::move(again.second)));
    again.forth->inject(said);
    world.run_for(2s);
    BOOST_TEST(replayed.error() == error_code(tls_errc::handshake_failed));
}

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

BOOST_AUTO_TEST_CASE(ten_seconds_and_no_more) {
    tls master(world, master_kit());
    tls worker(world, worker_kit());
    memory_link one(world.executor());
    memory_link two(world.executor());
    meeting accepted(world, master.accept(std::move(one.second)));
    meeting connected(world, worker.connect(std::move(two.first), "master.example"));
    world.run_for(5s);
    one.forth->inject("\x16\x03\x01");
    world.run_for(4999ms);
    BOOST_TEST(!accepted.over);
    BOOST_TEST(!connected.over);
    world.run_for(1ms);
    BOOST_TEST(accepted.error() == error_code(errc::handshake_timeout));
    BOOST_TEST(connected.error() == error_code(errc::handshake_timeout));
}

BOOST_AUTO_TEST_CASE(what_others_begin_with) {
    const auto master = master_kit();
    const auto worker = worker_kit();
    using namespace std::string_literals;
    const std::pair<std::string, error_code> cases[] = {
        {"FDIO" + std::string(40, 'x'), errc::peer_is_unprotected},
        {"FDK1" + std::string(40, 'x'), errc::peer_uses_key},
        {"GET / HTTP/1.1\r\n\r\n", errc::peer_uses_http},
        {"\x16\x03\x01\x00\x20\x01\xff\xff\xff"s, tls_errc::handshake_failed}, // announces 16 MiB
        {"\x16\x03\x01\x00\x20\x02\x00\x00\x10"s, tls_errc::handshake_failed}, // not a client's
        {"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"s, tls_errc::handshake_failed}};
    for (const auto& [text, expected] : cases) {
        tls own(world, master);
        memory_link link(world.executor());
        meeting accepted(world, own.accept(std::move(link.second)));
        link.forth->inject(text);
        world.run_for(2s);
        BOOST_TEST(accepted.error() == expected, to_hex(text) << ": " << accepted.error().message());
    }
    for (const auto& [text, expected] : std::span(cases).first(3)) {
        tls own(world, worker);
        memory_link link(world.executor());
        meeting connected(world, own.connect(std::move(link.first), "master.example"));
        link.back->inject(text);
        world.run_for(2s);
        BOOST_TEST(connected.error() == expected);
    }
}

BOOST_AUTO_TEST_CASE(every_end_and_every_wrong_byte_of_the_workers_words) {
    const auto masters = master_kit();
    tls master(world, masters);
    tls worker(world, worker_kit());
    memory_link spoken(world.executor());
    meeting connected(world, worker.connect(std::move(spoken.first), "master.example"));
    world.settle();
    const auto hello = spoken.forth->take();
    for (std::size_t bytes = 0; bytes < hello.size(); ++bytes) {
        memory_link cut(world.executor());
        meeting accepted(world, master.accept(std::move(cut.second)));
        cut.forth->inject(hello.substr(0, bytes));
        cut.forth->end();
        world.run_for(2s);
        BOOST_TEST(accepted.error() == error_code(errc::not_authenticated));

        memory_link damaged(world.executor());
        meeting other(world, master.accept(std::move(damaged.second)));
        auto text = hello;
        text[bytes] = static_cast<char>(text[bytes] ^ 0x41);
        damaged.forth->inject(text);
        world.run_for(11s);
        BOOST_TEST(other.error().failed());
    }
}

BOOST_AUTO_TEST_CASE(cancelled_while_it_waits) {
    tls master(world, master_kit());
    memory_link link(world.executor());
    nursery children(world.executor());
    opened result;
    const auto keep = [](awaitable<opened> work, opened* into) -> awaitable<void> {
        *into = co_await std::move(work);
    };
    children.spawn(keep(master.accept(std::move(link.second)), &result));
    world.settle();
    children.cancel();
    world.settle();
    BOOST_TEST(children.size() == 0U);
    BOOST_TEST(result.error == error_code(asio::error::operation_aborted));
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
