
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "net/raw_peer.hpp"
#include "net/virtual_runtime.hpp"
#include "worker/federation_of_two.hpp"
#include "worker/picked_pool.hpp"
#include "worker/session.hpp"
#include <vector>

namespace {

using namespace fedasio::worker;
namespace wire = fedasio::wire;
namespace net = fedasio::net;

net::awaitable<void> serve(session& current, std::unique_ptr<net::stream> wire, bool& over) {
    co_await current.serve(std::move(wire));
    over = true;
}

net::awaitable<void> end(lanes& all, bool& over) {
    co_await all.end(fedasio::worker::ending());
    over = true;
}

/// A worker's session with a master that the test plays.
struct meeting : fedasio::worker::testing::federation_of_two {
    meeting()
        : link(world.executor(), {}),
          master(std::make_shared<net::connection>(
              world.get(), std::move(link.second),
              net::connection_options{.limits = {100000, 100000}, .window = {}}, [this](net::frame request) {
                  if (request.type == wire::message_type::hello) {
                      hello = wire::read_hello(request.meta);
                      master->reply(request, wire::to_meta(wire::welcome{1, "a plan"}));
                  }
              })) {
        options.name = "worker";
        work.emplace(world.get(), pool.get_executor(), options, log);
        current.emplace(world.get(), pool.get_executor(), options, log, *work);
        master->start();
        boost::asio::co_spawn(world.executor(), serve(*current, std::move(link.first), is_over),
                              boost::asio::detached);
        world.settle();
    }

    ~meeting() {
        master->abort(net::errc::closed);
        finish(is_over);
        bool lanes_over = false;
        boost::asio::co_spawn(world.executor(), end(*work, lanes_over), boost::asio::detached);
        finish(lanes_over);
    }

    /// Runs everything until it has happened.
    void finish(const bool& happened) {
        world.settle();
        while (!happened) { // NOLINT(bugprone-infinite-loop): a coroutine sets it
            while (pool.size() > 0) {
                pool.run();
            }
            world.run_for(std::chrono::seconds(1));
        }
    }

    void ask(std::uint16_t type, boost::json::object meta, net::payload body = {}) {
        const auto place = answers.size();
        answers.emplace_back();
        master->ask(net::frame(type, std::move(meta), std::move(body)), {100000, 100000},
                    [this, place](net::answer got) { answers[place] = std::move(got); });
        world.settle();
    }

    void load(std::vector<std::uint32_t> clients) {
        auto what = asked;
        what.clients = std::move(clients);
        ask(wire::message_type::load, wire::to_meta(what));
    }

    net::testing::virtual_runtime world;
    fedasio::worker::testing::picked_pool pool;
    worker_options options;
    log_handler log = [](severity, const std::string&) {};
    std::optional<lanes> work;
    std::optional<session> current;
    bool is_over = false;
    net::testing::memory_link link;
    std::optional<wire::hello> hello;
    std::vector<std::optional<net::answer>> answers;
    net::connection_ptr master;
};

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_FIXTURE_TEST_CASE(of_two_loads_the_one_asked_last_counts, meeting) {
    load({0});
    load({1});
    BOOST_TEST_REQUIRE(pool.size() == 2U);
    pool.run(1);
    world.settle();
    BOOST_TEST_REQUIRE(work->data() != nullptr);
    BOOST_TEST((work->data()->find(1) != nullptr));
    pool.run();
    world.settle();
    BOOST_TEST((work->data()->find(1) != nullptr));
    BOOST_TEST((work->data()->find(0) == nullptr));
    for (std::uint32_t client = 0; client < 2; ++client) {
        BOOST_TEST_REQUIRE((answers[client] && answers[client]->result == net::outcome::reply));
        BOOST_TEST(wire::read_loaded(answers[client]->reply.meta).clients.at(0).client == client);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
