#include <fedasio/net/listener.hpp>
#include <fedasio/net/memory_stream.hpp>
#include <fedasio/net/shared_key.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <net/virtual_runtime.hpp>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

/// A listener over memory with a handshake that waits for a byte: 'y' lets the peer in, 't' makes it throw.
struct fixture {
    virtual_runtime world;
    memory_network network = make_memory_network(world.executor());
    std::vector<std::string> errors;
    std::size_t served = 0;
    nursery running{world.executor()};
    std::optional<listener> door;

    void open(std::size_t max_strangers) {
        listener_options options;
        options.max_strangers = max_strangers;
        options.prove = [](std::unique_ptr<stream> fresh) { return ask(std::move(fresh)); };
        door.emplace(world, std::move(network.source), std::move(options),
                     [this](const std::string& what) { errors.push_back(what); });
        running.spawn(
            door->run([this](std::unique_ptr<stream> peer) { return serve(std::move(peer), served); }));
        world.settle();
    }

    ~fixture() {
        door->stop();
        world.settle();
    }

    static awaitable<opened> ask(std::unique_ptr<stream> fresh) {
        co_await asio::this_coro::throw_if_cancelled(false);
        char byte = 0;
        const auto got = co_await fresh->read_some(asio::mutable_buffer(&byte, 1));
        if (byte == 't') {
            throw std::bad_alloc();
        }
        opened result;
        if (got.error || byte != 'y') {
            result.error = errc::wrong_key;
        } else {
            result.connection = std::move(fresh);
        }
        co_return std::move(result);
    }

    static awaitable<void> serve(std::unique_ptr<stream> peer, std::size_t& count) {
        co_await asio::this_coro::throw_if_cancelled(false);
        ++count;
        char byte = 0;
        co_await peer->read_some(asio::mutable_buffer(&byte, 1));
        --count;
    }

    std::unique_ptr<stream> dial() {
        auto got = world.run(network.dial());
        BOOST_TEST_REQUIRE(!got.error);
        world.settle();
        return std::move(got.connection);
    }

    void say(stream& to, char byte) {
        const asio::const_buffer part(&byte, 1);
        world.run(to.write_some(std::span(&part, 1)));
        world.settle();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(listeners, fixture)

BOOST_AUTO_TEST_CASE(a_session_begins_after_the_handshake) {
    open(10);
    const auto good = dial();
    const auto bad = dial();
    BOOST_TEST(served == 0U);
    say(*good, 'y');
    BOOST_TEST(served == 1U);
    say(*bad, 'n');
    BOOST_TEST(served == 1U);
    BOOST_TEST_REQUIRE(errors.size() == 1U);
    BOOST_TEST(errors[0] == "turned away memory:2: " + error_code(errc::wrong_key).message());
}

BOOST_AUTO_TEST_CASE(so_many_strangers_of_one_address_and_no_more) {
    open(4);
    std::vector<std::unique_ptr<stream>> peers;
    for (int i = 0; i < 5; ++i) {
        peers.push_back(dial());
    }
    BOOST_TEST_REQUIRE(errors.size() == 1U);
    BOOST_TEST(errors[0] == "turned away memory:5: " + error_code(errc::too_many_strangers).message());
    // Whoever is known, is turned away, goes, or was the death of its handshake makes room for one.
    const std::vector<void (*)(fixture&, std::unique_ptr<stream>&)> ways{
        [](fixture& own, std::unique_ptr<stream>& peer) { own.say(*peer, 'y'); },
        [](fixture& own, std::unique_ptr<stream>& peer) { own.say(*peer, 'n'); },
        [](fixture& own, std::unique_ptr<stream>& peer) {
            peer.reset();
            own.world.settle();
        },
        [](fixture& own, std::unique_ptr<stream>& peer) { own.say(*peer, 't'); }};
    for (std::size_t i = 0; i < ways.size(); ++i) {
        ways[i](*this, peers[i]);
        errors.clear();
        peers.push_back(dial());
        BOOST_TEST(errors.empty());
        const auto too_many = dial();
        BOOST_TEST(errors.size() == 1U);
    }
    BOOST_TEST(served == 1U);
}

BOOST_AUTO_TEST_CASE(stopping_ends_handshakes_without_a_word) {
    open(10);
    const auto one = dial();
    const auto two = dial();
    BOOST_TEST(door->sessions() == 2U);
    door->stop();
    world.settle();
    BOOST_TEST(door->sessions() == 0U);
    BOOST_TEST(running.size() == 0U);
    BOOST_TEST(errors.empty());
}

BOOST_AUTO_TEST_SUITE_END()
