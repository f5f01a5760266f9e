#include <fedasio/master/roster.hpp>
#include <fedasio/net/memory_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <vector>

using namespace fedasio;
using namespace fedasio::master;

namespace {

struct fixture {
    net::testing::virtual_runtime world;
    roster here{world};
    std::vector<std::unique_ptr<net::stream>> peers;

    worker_ptr add(const std::string& name, std::uint32_t room = 0) {
        auto ends = net::make_memory_streams(world.executor());
        peers.push_back(std::move(ends.second));
        wire::hello hello;
        hello.name = name;
        hello.clients = room;
        net::runtime& rt = world;
        return here.admit(std::move(hello), std::make_shared<net::connection>(rt, std::move(ends.first)));
    }

    /// It is dealt these clients and loads them.
    void host(const worker_ptr& who, const std::vector<client_id>& clients) {
        here.assign(*who, clients);
        std::vector<wire::loaded::client_data> loaded;
        for (const auto client : clients) {
            loaded.emplace_back().client = client;
            loaded.back().samples = 10 * client;
        }
        here.host(*who, loaded, "digest of " + who->hello.name);
    }

    /// How many clients have one.
    [[nodiscard]] std::size_t hosts() const {
        std::size_t count = 0;
        here.each_host([&](client_id client, const worker_ptr& who) {
            ++count;
            BOOST_TEST(here.host_of(client) == who);
        });
        return count;
    }

    /// Index and workers tell the same.
    void check() const {
        std::size_t hosted = 0;
        for (const auto& [id, who] : here.all()) {
            BOOST_TEST(here.find(id) == who);
            BOOST_TEST(here.find(who->hello.name) == who);
            for (const auto& [client, counts] : who->data.hosted()) {
                hosted += who->connection->is_open() ? 1 : 0;
                BOOST_TEST(here.host_of(client) == (who->connection->is_open() ? who : nullptr));
            }
        }
        BOOST_TEST(hosts() == hosted);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rosters, fixture)

BOOST_AUTO_TEST_CASE(who_comes_is_found_by_number_and_name_until_it_goes) {
    const auto north = add("north");
    const auto south = add("south");
    check();
    BOOST_TEST(here.changed().is_set());
    BOOST_TEST(here.has_name("north"));
    BOOST_TEST(here.is_here("north"));
    BOOST_TEST(!here.has_name("east"));
    BOOST_TEST(!here.is_here("east"));
    north->evicted = true;
    BOOST_TEST(!here.is_here("north"));
    BOOST_TEST(here.has_name("north")); // it has not gone yet
    here.remove(north);
    BOOST_TEST(here.find("north") == nullptr);
    BOOST_TEST(here.find(north->id) == nullptr);
    BOOST_TEST(add("north")->id == 3U);
    check();
}

BOOST_AUTO_TEST_CASE(a_client_is_hosted_by_whoever_loaded_it) {
    const auto north = add("north");
    const auto south = add("south");
    here.assign(*north, {1, 2});
    BOOST_TEST(here.host_of(1) == nullptr); // it has nothing of it yet
    BOOST_TEST(!north->data.is_current());
    host(north, {1, 2});
    host(south, {5});
    check();
    BOOST_TEST(here.host_of(2) == north);
    BOOST_TEST(north->data.hosted().at(2).samples == 20U);
    BOOST_TEST(north->data.digest() == "digest of north");
    BOOST_TEST(north->data.is_current());
    here.assign(*north, {1, 2}); // as before: nothing is forgotten
    BOOST_TEST(here.host_of(2) == north);
    here.assign(*north, {1});
    BOOST_TEST(here.host_of(1) == nullptr);
    BOOST_TEST(!north->data.is_current());
    check();
    host(north, {1});
    host(south, {1, 5}); // two never host one
    BOOST_TEST(here.host_of(1) == south);
    BOOST_TEST(north->data.hosted().empty());
    check();
    here.forget_data(*north); // not what is another's by now
    BOOST_TEST(here.host_of(1) == south);
    check();
}

BOOST_AUTO_TEST_CASE(who_is_lost_or_goes_hosts_nobody) {
    const auto north = add("north");
    const auto south = add("south");
    host(north, {0});
    host(south, {1});
    north->connection->abort(net::errc::heartbeat_lost);
    BOOST_TEST(here.host_of(0) == nullptr);
    BOOST_TEST(hosts() == 1U);
    check();
    here.remove(north);
    host(south, {0, 1});
    BOOST_TEST(here.host_of(0) == south);
    here.host(*north, {}, "late"); // a reply that was on its way
    check();
    here.forget_data(*south);
    BOOST_TEST(hosts() == 0U);
    BOOST_TEST(south->data.assigned().size() == 2U);
    check();
}

BOOST_AUTO_TEST_CASE(another_run_begins_with_workers_that_have_nothing) {
    const auto north = add("north");
    host(north, {0});
    north->has_model = north->proof.is_proven = true;
    north->weights_version = 9;
    north->state = worker_state::training;
    here.begin_anew();
    BOOST_TEST(hosts() == 0U);
    BOOST_TEST(north->data.assigned().empty());
    BOOST_TEST(!north->data.is_current());
    BOOST_TEST(!north->has_model);
    BOOST_TEST(!north->proof.is_proven);
    BOOST_TEST(north->weights_version == 0U);
    BOOST_TEST((north->state == worker_state::joined));
}

BOOST_AUTO_TEST_CASE(room_is_what_workers_say_together) {
    BOOST_TEST(here.has_room_for(0, false));
    BOOST_TEST(!here.has_room_for(1, false));
    const auto small = add("small", 2);
    add("smaller", 1);
    BOOST_TEST(here.has_room_for(3, false));
    BOOST_TEST(!here.has_room_for(4, false));
    BOOST_TEST(here.has_room_for(2, true));
    BOOST_TEST(!here.has_room_for(3, true));
    const auto any = add("any");
    BOOST_TEST(here.has_room_for(1000, false));
    BOOST_TEST(here.has_room_for(3, true));
    here.remove(any);
    here.remove(small);
    BOOST_TEST(here.has_room_for(1, false));
    BOOST_TEST(!here.has_room_for(2, false));
}

BOOST_AUTO_TEST_SUITE_END()
