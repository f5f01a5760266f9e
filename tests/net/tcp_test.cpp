#include <fedasio/net/connection.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/tcp.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fcntl.h>
#include <net/live_runtime.hpp>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace fedasio::net;
using namespace fedasio::net::testing;
using namespace std::chrono_literals;

namespace {

const address anywhere{"127.0.0.1", 0};

std::string told(const std::string& text) {
    try {
        (void)address::parse(text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return {};
}

/// Connects, or says in the test's log why not.
std::unique_ptr<stream> dial(live_runtime& world, const address& where) {
    auto got = world.run(connect_tcp(world, where));
    BOOST_TEST_REQUIRE(!got.error, got.error.message());
    return std::move(got.connection);
}

transferred read_byte(live_runtime& world, stream& from) {
    char byte = 0;
    return world.run(from.read_some(asio::mutable_buffer(&byte, 1)));
}

void write_byte(live_runtime& world, stream& to) {
    const asio::const_buffer byte("!", 1);
    const auto sent = world.run(to.write_some(std::span(&byte, 1)));
    BOOST_TEST(sent.bytes == 1U);
}

awaitable<void> echo(std::unique_ptr<stream> peer) {
    co_await asio::this_coro::throw_if_cancelled(false);
    char byte = 0;
    for (;;) {
        const auto got = co_await peer->read_some(asio::mutable_buffer(&byte, 1));
        if (got.error) {
            co_return;
        }
        const asio::const_buffer part(&byte, 1);
        co_await peer->write_some(std::span(&part, 1));
        if (byte == 't') {
            throw std::runtime_error("told to throw");
        }
    }
}

/// A listener that runs, its address, and what went wrong in it.
struct served {
    std::vector<std::string> errors;
    listener door;
    bool over = false;

    served(live_runtime& world, listener::session serve, listener_options options = {})
        : door(world, listen_tcp(world, anywhere), options,
               [this](const std::string& what) { errors.push_back(what); }) {
        asio::co_spawn(world.context(), door.run(std::move(serve)),
                       [this](const std::exception_ptr&) { over = true; });
    }

    [[nodiscard]] address where() const { return address::parse(door.local()); }
};

/// Ends every accept at once with an error.
class broken_acceptor final : public acceptor {
public:
    awaitable<opened> accept() override {
        ++tries;
        co_return opened{asio::error::no_descriptors, nullptr};
    }

    void close() override {}

    [[nodiscard]] std::string local() const override { return "nowhere:0"; }

    int tries = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tcp)

BOOST_AUTO_TEST_CASE(addresses_that_are) {
    BOOST_TEST((address::parse("127.0.0.1:7700") == address{"127.0.0.1", 7700}));
    BOOST_TEST((address::parse("master.example:0") == address{"master.example", 0}));
    BOOST_TEST((address::parse("[::1]:65535") == address{"::1", 65535}));
    for (const auto* text : {"127.0.0.1:7700", "[::1]:1", "localhost:65535"}) {
        BOOST_TEST(address::parse(text).to_string() == text);
    }
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not) {
    for (const auto* text : {"", ":", "host", "host:", ":80", "[]:80", "::1:80", "[::1]", "host:65536",
                             "host:-1", "host:+1", "host:8o", "host: 80", "host:80 "}) {
        const auto reason = told(text);
        BOOST_TEST(reason.find("expected HOST:PORT") != std::string::npos, "accepted: " << text);
        BOOST_TEST(reason.find("'" + std::string(text) + "'") != std::string::npos);
    }
    BOOST_TEST(told(":80").find("host is missing") != std::string::npos);
    BOOST_TEST(told("::1:80").find("brackets") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_that_the_system_chooses) {
    live_runtime world;
    served echoes(world, echo);
    BOOST_TEST(echoes.where().port != 0);
    const auto peer = dial(world, echoes.where());
    BOOST_TEST(peer->remote() == echoes.door.local());
    write_byte(world, *peer);
    BOOST_TEST(read_byte(world, *peer).bytes == 1U);
    BOOST_TEST(echoes.door.sessions() == 1U);
    peer->shutdown_send();
    BOOST_TEST(read_byte(world, *peer).error == error_code(asio::error::eof));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_or_foreign) {
    live_runtime world;
    const auto first = listen_tcp(world, anywhere);
    BOOST_CHECK_THROW((void)listen_tcp(world, address::parse(first->local())), boost::system::system_error);
    BOOST_CHECK_THROW((void)listen_tcp(world, {"192.0.2.1", 1}), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(a_closed_port_refuses) {
    live_runtime world;
    const auto where = address::parse(listen_tcp(world, anywhere)->local());
    const auto got = world.run(connect_tcp(world, where));
    BOOST_TEST(got.error == error_code(asio::error::connection_refused));
    BOOST_TEST(!got.connection);
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_exist) {
    live_runtime world;
    const auto got = world.run(connect_tcp(world, {"no.such.host.invalid", 80}));
    BOOST_TEST(got.error.failed());
}

BOOST_AUTO_TEST_CASE(no_more_than_max_connections) {
    live_runtime world;
    listener_options options;
    options.max_connections = 2;
    served echoes(world, echo, options);
    std::vector<std::unique_ptr<stream>> peers;
    for (int i = 0; i < 2; ++i) {
        peers.push_back(dial(world, echoes.where()));
        write_byte(world, *peers.back());
        BOOST_TEST(read_byte(world, *peers.back()).bytes == 1U);
    }
    const auto third = dial(world, echoes.where());
    BOOST_TEST(read_byte(world, *third).error.failed());
    BOOST_TEST_REQUIRE(echoes.errors.size() == 1U);
    BOOST_TEST(echoes.errors[0].find("too many connections") != std::string::npos);
    BOOST_TEST(echoes.door.sessions() == 2U);
    peers[0]->close();
    while (echoes.door.sessions() == 2) {
        world.context().run_one();
    }
    const auto fourth = dial(world, echoes.where());
    write_byte(world, *fourth);
    BOOST_TEST(read_byte(world, *fourth).bytes == 1U);
}

BOOST_AUTO_TEST_CASE(a_session_that_throws_ends_only_itself) {
    live_runtime world;
    served echoes(world, echo);
    const auto first = dial(world, echoes.where());
    const auto second = dial(world, echoes.where());
    const asio::const_buffer order("t", 1);
    world.run(first->write_some(std::span(&order, 1)));
    BOOST_TEST(read_byte(world, *first).bytes == 1U);
    BOOST_TEST(read_byte(world, *first).error.failed());
    BOOST_TEST(echoes.errors == std::vector<std::string>{"a session failed: told to throw"},
               boost::test_tools::per_element());
    write_byte(world, *second);
    BOOST_TEST(read_byte(world, *second).bytes == 1U);
}

BOOST_AUTO_TEST_CASE(stop_cancels_and_joins_the_sessions) {
    live_runtime world;
    served echoes(world, echo);
    std::vector<std::unique_ptr<stream>> peers;
    for (int i = 0; i < 10; ++i) {
        peers.push_back(dial(world, echoes.where()));
        write_byte(world, *peers.back());
        BOOST_TEST(read_byte(world, *peers.back()).bytes == 1U);
    }
    BOOST_TEST(echoes.door.sessions() == 10U);
    echoes.door.stop();
    while (!echoes.over) {
        world.context().run_one();
    }
    BOOST_TEST(echoes.door.sessions() == 0U);
    BOOST_TEST(echoes.errors.empty());
    const auto late = world.run(connect_tcp(world, echoes.where()));
    BOOST_TEST(late.error.failed());
}

BOOST_AUTO_TEST_CASE(a_failing_accept_is_tried_again_with_a_pause) {
    live_runtime world;
    auto broken = std::make_unique<broken_acceptor>();
    const auto& tries = broken->tries;
    std::vector<std::string> errors;
    listener door(world, std::move(broken), {}, [&](const std::string& what) { errors.push_back(what); });
    nursery owner(world.context().get_executor());
    owner.spawn(door.run(echo));
    while (tries < 2) {
        world.context().run_one();
    }
    BOOST_TEST(!errors.empty());
    owner.cancel();
    world.run(owner.join());
    BOOST_TEST(tries == 2);
}

// What a checkpoint needs is never taken by connections.
BOOST_AUTO_TEST_CASE(the_last_descriptors_stay_free) {
    live_runtime world;
    rlimit before{};
    BOOST_TEST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    std::vector<std::string> errors;
    listener door(world, listen_tcp(world, anywhere, 0, 4), {},
                  [&](const std::string& what) { errors.push_back(what); });
    nursery owner(world.context().get_executor());
    owner.spawn(door.run(echo));
    std::vector<std::unique_ptr<stream>> peers;
    // Room for three connections, both of whose ends are in this process, and for the one that is refused.
    // Whoever started the test may have left descriptors open between.
    int next = 0;
    for (int room = 2 * 3 + 1 + 4; room > 0; ++next) {
        room -= ::fcntl(next, F_GETFD) < 0 ? 1 : 0;
    }
    auto limit = before;
    limit.rlim_cur = static_cast<rlim_t>(next);
    BOOST_TEST_REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    const auto where = address::parse(door.local());
    for (int i = 0; i < 3; ++i) {
        peers.push_back(dial(world, where));
        write_byte(world, *peers.back());
        BOOST_TEST(read_byte(world, *peers.back()).bytes == 1U);
    }
    BOOST_TEST(errors.empty());
    for (int i = 0; i < 3; ++i) {
        auto refused = dial(world, where);
        BOOST_TEST(read_byte(world, *refused).error);
    }
    BOOST_TEST(door.sessions() == 3U);
    BOOST_TEST(errors.size() == 1U); // once
    BOOST_TEST(errors.at(0).find("ulimit -n") != std::string::npos, errors.at(0));
    std::vector<int> spare;
    for (int i = 0; i < 4; ++i) {
        spare.push_back(::dup(0));
        BOOST_TEST(spare.back() >= 0);
    }
    BOOST_TEST_REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    std::ranges::for_each(spare, ::close);
    // Room again.
    peers.push_back(dial(world, where));
    write_byte(world, *peers.back());
    BOOST_TEST(read_byte(world, *peers.back()).bytes == 1U);
    owner.cancel();
    world.run(owner.join());
}

BOOST_AUTO_TEST_CASE(connections_over_sockets) {
    live_runtime world;
    listener door(world, listen_tcp(world, anywhere));
    connection_options options;
    options.limits.body = std::size_t{16} << 20;
    std::vector<connection_ptr> near;
    std::vector<connection_ptr> far;
    for (int i = 0; i < 3; ++i) {
        auto wire = dial(world, address::parse(door.local()));
        far.push_back(std::make_shared<connection>(world, std::move(wire), options));
        far.back()->on_frame(
            [raw = far.back().get()](const frame& got) { raw->reply(got, got.meta, got.body); });
        far.back()->start();
        near.push_back(world.run(door.accept(options)));
    }
    buffer content(std::size_t{16} << 20);
    std::fill(content.bytes().begin(), content.bytes().end(), std::byte{0x5a});
    const payload body(std::move(content));
    std::vector<call> calls;
    calls.reserve(near.size());
    for (const auto& peer : near) {
        calls.emplace_back(peer, frame(16, {{"step", 1}}, body), frame_limits{4096, body.size()});
    }
    const auto results = world.run(
        gather(world, std::move(calls), gather_policy(world.now() + 1min), [&](std::size_t, frame& reply) {
            const bool same = std::ranges::equal(reply.body.bytes(), body.bytes());
            return std::string(same ? "" : "changed on the way");
        }));
    for (const auto& one : results) {
        BOOST_TEST(to_string(one.result) == "reply");
    }
    for (const auto& peer : near) {
        peer->close("done");
    }
    for (std::size_t i = 0; i < near.size(); ++i) {
        BOOST_TEST(world.run(near[i]->ended()) == make_error_code(errc::closed));
        BOOST_TEST(world.run(far[i]->ended()) == make_error_code(errc::closed_by_peer));
        BOOST_TEST(far[i]->end_reason() == "the peer said goodbye: done");
    }
}

// Asked of the kernel, which doubles what it is told, for its own use.
BOOST_AUTO_TEST_CASE(what_waits_unread_can_be_limited) {
    live_runtime world;
    const auto door = listen_tcp(world, anywhere);
    const auto far = dial(world, address::parse(door->local()));
    const auto near = world.run(door->accept());
    BOOST_REQUIRE(near.connection);
    near.connection->limit_unread(10'000);
    std::vector<int> found;
    for (int descriptor = 3; descriptor < 1000; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof(peer);
        if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            near.connection->remote().ends_with(":" + std::to_string(ntohs(peer.sin_port)))) {
            int bytes = 0;
            socklen_t width = sizeof(bytes);
            getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, &width);
            found.push_back(bytes);
        }
    }
    BOOST_TEST(found == std::vector{20'000}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bodies_come_one_at_a_time_through_a_window) {
    live_runtime world;
    listener door(world, listen_tcp(world, anywhere));
    connection_options options;
    options.limits.body = std::size_t{4} << 20;
    auto by_window = options;
    by_window.window = std::make_shared<receive_window>(world, 1, 1);
    buffer content(options.limits.body);
    std::fill(content.bytes().begin(), content.bytes().end(), std::byte{0x5a});
    const payload body(std::move(content));
    std::vector<connection_ptr> far;
    std::vector<call> calls;
    for (int i = 0; i < 5; ++i) {
        far.push_back(
            std::make_shared<connection>(world, dial(world, address::parse(door.local())), options));
        far.back()->on_frame(
            [raw = far.back().get(), &body](const frame& got) { raw->reply(got, {}, body); });
        far.back()->start();
        auto near = world.run(door.accept(by_window));
        calls.emplace_back(near, frame(16), frame_limits{4096, body.size()});
    }
    std::size_t most = 0;
    const auto results = world.run(
        gather(world, std::move(calls), gather_policy(world.now() + 1min), [&](std::size_t, frame& reply) {
            most = std::max(most, by_window.window->bytes());
            return std::string(std::ranges::equal(reply.body.bytes(), body.bytes()) ? "" : "changed");
        }));
    for (const auto& one : results) {
        BOOST_TEST(to_string(one.result) == "reply");
    }
    BOOST_TEST(most == body.size());
    BOOST_TEST(by_window.window->bytes() == 0U);
    for (const auto& peer : far) {
        peer->abort(errc::closed);
        world.run(peer->ended());
    }
}

BOOST_AUTO_TEST_CASE(accepting_after_stop_throws) {
    live_runtime world;
    listener door(world, listen_tcp(world, anywhere));
    door.stop();
    BOOST_CHECK_THROW(world.run(door.accept()), boost::system::system_error);
}

// Under ASan: sockets, sessions and connections that are still busy when everything goes.
BOOST_AUTO_TEST_CASE(the_context_may_go_with_live_connections) {
    live_runtime world;
    served echoes(world, echo);
    const auto idle = dial(world, echoes.where());
    auto connected = std::make_shared<connection>(world, dial(world, echoes.where()));
    connected->on_frame([](const frame&) {});
    connected->start();
    connected->ask(frame(16), {}, [](const answer&) {});
    world.context().restart();
    world.context().poll();
    BOOST_TEST(connected->is_open());
}

BOOST_AUTO_TEST_SUITE_END()
