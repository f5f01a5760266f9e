#pragma once

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

namespace fedasio::net::testing::tls_meeting {

using namespace std::chrono_literals;
namespace pki = fedasio::pki;

inline constexpr std::time_t day = 24 * 3600;

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

inline std::string read_text(virtual_runtime& world, stream& from) {
    std::string text(1000, ' ');
    const auto got = world.run(from.read_some(asio::buffer(text)));
    BOOST_TEST(!got.error, got.error.message());
    text.resize(got.bytes);
    return text;
}

inline error_code read_error(virtual_runtime& world, stream& from) {
    std::byte byte{};
    return world.run(from.read_some(asio::mutable_buffer(&byte, 1))).error;
}

inline void write_text(virtual_runtime& world, stream& to, std::string_view text) {
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

inline std::string told(virtual_runtime& world, const std::filesystem::path& kit) {
    try {
        const tls unused(world, kit);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

} // namespace fedasio::net::testing::tls_meeting
