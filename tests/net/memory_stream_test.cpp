#include <fedasio/net/connection.hpp>
#include <fedasio/net/memory_stream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <deque>
#include <net/bytes.hpp>
#include <net/virtual_runtime.hpp>
#include <random>
#include <string>

using namespace fedasio::net;
using namespace fedasio::net::testing;

namespace {

/// One read or write under way, or its outcome.
struct operation {
    bool over = false;
    transferred result;
    std::string bytes; ///< what was read
};

awaitable<void> read_into(stream& from, std::size_t most, operation& out) {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::string memory(most, '?');
    const auto got = co_await from.read_some(asio::buffer(memory));
    out = {true, got, memory.substr(0, got.bytes)};
}

awaitable<void> write_from(stream& to, std::vector<std::string> parts, operation& out) {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(parts.size());
    for (const auto& part : parts) {
        buffers.emplace_back(asio::buffer(part));
    }
    const auto sent = co_await to.write_some(buffers);
    out = {true, sent, {}};
}

/// Before anybody who waits has heard of the end.
awaitable<void> close_then_read(stream& closed, stream& from, operation& out) {
    closed.close();
    co_await read_into(from, 100, out);
}

/// Two ends, and what was begun on them.
struct world_of_two {
    virtual_runtime world;
    memory_streams ends = make_memory_streams(world.executor());
    std::deque<operation> begun;
    nursery running{world.executor()};

    operation& read(stream& from, std::size_t most = 100) {
        auto& out = begun.emplace_back();
        running.spawn(read_into(from, most, out));
        world.settle();
        return out;
    }

    operation& write(stream& to, std::vector<std::string> parts) {
        auto& out = begun.emplace_back();
        running.spawn(write_from(to, std::move(parts), out));
        world.settle();
        return out;
    }

    ~world_of_two() {
        ends.first->close();
        ends.second->close();
        world.settle();
        BOOST_TEST(running.size() == 0U, "nothing waits once both ends are closed");
    }
};

const error_code none;
const error_code aborted = asio::error::operation_aborted;
const error_code eof = asio::error::eof;
const error_code broken_pipe = asio::error::broken_pipe;

awaitable<void> write_all(stream& to, std::string bytes, std::uint32_t seed) {
    std::mt19937 sizes(seed);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto size = std::min<std::size_t>(1 + sizes() % 300, bytes.size() - done);
        const std::array parts{asio::const_buffer(bytes.data() + done, size / 3),
                               asio::const_buffer(bytes.data() + done + size / 3, size - size / 3)};
        const auto sent = co_await to.write_some(parts);
        BOOST_TEST_REQUIRE(!sent.error);
        done += sent.bytes;
    }
    to.shutdown_send();
}

awaitable<std::string> read_all(stream& from, std::uint32_t seed) {
    std::mt19937 sizes(seed);
    std::string all;
    for (;;) {
        std::string memory(1 + sizes() % 300, '?');
        const auto got = co_await from.read_some(asio::buffer(memory));
        if (got.error == eof) {
            co_return all;
        }
        BOOST_TEST_REQUIRE(!got.error);
        BOOST_TEST_REQUIRE(got.bytes > 0U);
        all.append(memory, 0, got.bytes);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(streams_in_memory)

BOOST_AUTO_TEST_CASE(the_one_that_comes_first_waits_for_the_other) {
    world_of_two pair;
    const auto& sent = pair.write(*pair.ends.first, {"hel", "", "lo"});
    BOOST_TEST(!sent.over, "nothing is stored, so a write waits");
    BOOST_TEST(pair.read(*pair.ends.second).bytes == "hello");
    BOOST_TEST(sent.over);
    BOOST_TEST(sent.result.bytes == 5U);
    BOOST_TEST(!pair.write(*pair.ends.first, {"again"}).over, "each waits anew");
    BOOST_TEST(pair.read(*pair.ends.second).bytes == "again");

    const auto& got = pair.read(*pair.ends.first);
    BOOST_TEST(!got.over);
    BOOST_TEST(pair.write(*pair.ends.second, {"thanks"}).result.bytes == 6U);
    BOOST_TEST(got.bytes == "thanks");
}

BOOST_AUTO_TEST_CASE(a_small_read_takes_a_part) {
    world_of_two pair;
    const auto& sent = pair.write(*pair.ends.first, {"abc", "def"});
    BOOST_TEST(pair.read(*pair.ends.second, 4).bytes == "abcd");
    BOOST_TEST(sent.result.bytes == 4U);

    const auto& got = pair.read(*pair.ends.second, 4);
    BOOST_TEST(pair.write(*pair.ends.first, {"abc", "def"}).result.bytes == 4U);
    BOOST_TEST(got.bytes == "abcd");
}

BOOST_AUTO_TEST_CASE(bytes_come_whole_and_in_order_whatever_the_sizes) {
    std::string text;
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
        text.push_back(static_cast<char>(random()));
    }
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        virtual_runtime world;
        auto ends = make_memory_streams(world.executor());
        nursery writers(world.executor());
        writers.spawn(write_all(*ends.first, text, seed));
        writers.spawn(write_all(*ends.second, text, seed + 100));
        BOOST_TEST(world.run(read_all(*ends.second, seed + 200)) == text);
        BOOST_TEST(world.run(read_all(*ends.first, seed + 300)) == text);
        world.run(writers.join());
    }
}

BOOST_AUTO_TEST_CASE(nothing_written_or_read_is_over_at_once) {
    world_of_two pair;
    const auto& sent = pair.write(*pair.ends.first, {"", ""});
    BOOST_TEST(sent.over);
    BOOST_TEST(sent.result.error == none);
    const auto& got = pair.read(*pair.ends.first, 0);
    BOOST_TEST(got.over);
    BOOST_TEST(got.result.error == none);
}

BOOST_AUTO_TEST_CASE(the_end_comes_after_what_was_written) {
    world_of_two pair;
    pair.write(*pair.ends.first, {"last"});
    pair.ends.first->shutdown_send();
    BOOST_TEST(pair.read(*pair.ends.second).bytes == "last");
    BOOST_TEST(pair.read(*pair.ends.second).result.error == eof);
    BOOST_TEST(pair.write(*pair.ends.first, {"more"}).result.error == broken_pipe);

    // The other direction still works.
    const auto& got = pair.read(*pair.ends.first);
    BOOST_TEST(!got.over);
    pair.write(*pair.ends.second, {"back"});
    BOOST_TEST(got.bytes == "back");
}

BOOST_AUTO_TEST_CASE(a_waiting_read_hears_of_the_end) {
    world_of_two pair;
    const auto& got = pair.read(*pair.ends.second);
    pair.ends.first->shutdown_send();
    pair.world.settle();
    BOOST_TEST(got.over);
    BOOST_TEST(got.result.error == eof);
}

BOOST_AUTO_TEST_CASE(close_ends_what_waits_at_both_ends) {
    world_of_two readers;
    const auto& own_read = readers.read(*readers.ends.first);
    const auto& peers_read = readers.read(*readers.ends.second);
    readers.ends.first->close();
    readers.world.settle();
    BOOST_TEST(own_read.result.error == aborted);
    BOOST_TEST(peers_read.result.error == eof);

    world_of_two writers;
    const auto& own_write = writers.write(*writers.ends.first, {"x"});
    const auto& peers_write = writers.write(*writers.ends.second, {"x"});
    writers.ends.first->close();
    writers.world.settle();
    BOOST_TEST(own_write.result.error == aborted);
    BOOST_TEST(peers_write.result.error == broken_pipe);
}

BOOST_AUTO_TEST_CASE(nothing_begins_after_close) {
    world_of_two pair;
    pair.ends.first->close();
    pair.ends.first->close();
    BOOST_TEST(pair.read(*pair.ends.first).result.error == aborted);
    BOOST_TEST(pair.write(*pair.ends.first, {"x"}).result.error == aborted);
    BOOST_TEST(pair.read(*pair.ends.second).result.error == eof);
    BOOST_TEST(pair.write(*pair.ends.second, {"x"}).result.error == broken_pipe);
    pair.ends.second->close();
    BOOST_TEST(pair.read(*pair.ends.second).result.error == aborted, "the own close counts first");
}

BOOST_AUTO_TEST_CASE(what_close_takes_back_is_not_read) {
    world_of_two pair;
    const auto& sent = pair.write(*pair.ends.first, {"too late"});
    auto& got = pair.begun.emplace_back();
    pair.running.spawn(close_then_read(*pair.ends.first, *pair.ends.second, got));
    pair.world.settle();
    BOOST_TEST(got.result.error == eof);
    BOOST_TEST(sent.result.error == aborted);
}

BOOST_AUTO_TEST_CASE(an_end_may_be_destroyed_while_it_is_in_use) {
    std::array<operation, 2> under_way;
    virtual_runtime world;
    auto ends = make_memory_streams(world.executor());
    nursery running(world.executor());
    running.spawn(read_into(*ends.first, 10, under_way[0]));
    running.spawn(read_into(*ends.second, 10, under_way[1]));
    world.settle();
    ends.first.reset();
    world.settle();
    BOOST_TEST(under_way[0].result.error == aborted);
    BOOST_TEST(under_way[1].result.error == eof);
    ends.second.reset();
    BOOST_TEST(running.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_operation_takes_its_buffers_back) {
    world_of_two pair;
    const auto& cancelled_read = pair.read(*pair.ends.second);
    pair.running.cancel();
    pair.world.settle();
    BOOST_TEST(cancelled_read.result.error == aborted);
    BOOST_TEST(!pair.write(*pair.ends.first, {"kept"}).over);
    BOOST_TEST(pair.read(*pair.ends.second).bytes == "kept");

    const auto& cancelled_write = pair.write(*pair.ends.first, {"taken back"});
    pair.running.cancel();
    pair.world.settle();
    BOOST_TEST(cancelled_write.result.error == aborted);
    BOOST_TEST(!pair.read(*pair.ends.second).over);
}

BOOST_AUTO_TEST_CASE(whoever_still_waits_goes_with_the_context) {
    operation got;
    {
        virtual_runtime world;
        auto ends = make_memory_streams(world.executor());
        asio::co_spawn(world.executor(), read_into(*ends.first, 10, got), asio::detached);
        auto network = make_memory_network(world.executor());
        asio::co_spawn(world.executor(), network.source->accept(),
                       [](const std::exception_ptr&, const opened&) {});
        world.settle();
        ends = {};
        network = {};
    }
    BOOST_TEST(!got.over);
}

BOOST_AUTO_TEST_CASE(connections_pass_large_frames_both_ways_at_once) {
    virtual_runtime world;
    auto ends = make_memory_streams(world.executor(), "near", "far");
    const auto near = std::make_shared<connection>(world.get(), std::move(ends.first));
    const auto far = std::make_shared<connection>(world.get(), std::move(ends.second));
    BOOST_TEST(near->remote() == "near");
    BOOST_TEST(far->remote() == "far");
    near->set_limits({1024, 1 << 20});
    far->set_limits({1024, 1 << 20});
    const std::string body(900'000, 'w');
    int received = 0;
    const auto check = [&](const frame& got) { received += to_text(got.body.bytes()) == body ? 1 : 0; };
    near->on_frame(check);
    far->on_frame(check);
    near->start();
    far->start();
    for (int i = 0; i < 5; ++i) {
        near->send(frame(20, {}, payload_of(body)));
        far->send(frame(20, {}, payload_of(body)));
    }
    world.settle();
    BOOST_TEST(received == 10);
    near->close("enough");
    world.settle();
    BOOST_TEST(world.run(near->ended()) == error_code(errc::closed));
    BOOST_TEST(world.run(far->ended()) == error_code(errc::closed_by_peer));
    BOOST_TEST(far->end_reason().find("enough") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_network_connects_who_dials_with_who_accepts) {
    virtual_runtime world;
    auto network = make_memory_network(world.executor());
    auto early = world.run(network.dial());
    BOOST_TEST_REQUIRE(!early.error);
    auto accepted = world.run(network.source->accept());
    BOOST_TEST_REQUIRE(!accepted.error);
    BOOST_TEST(accepted.connection->remote() == "memory:1");
    BOOST_TEST(early.connection->remote() == "memory");

    opened second;
    auto wait = [](acceptor& source, opened& out) -> awaitable<void> { out = co_await source.accept(); };
    nursery waiting(world.executor());
    waiting.spawn(wait(*network.source, second));
    world.settle();
    BOOST_TEST(!second.connection);
    const auto dial = network.dial;
    auto late = world.run(dial());
    world.run(waiting.join());
    BOOST_TEST_REQUIRE(second.connection);
    BOOST_TEST(second.connection->remote() == "memory:2");

    nursery talking(world.executor());
    operation sent;
    operation got;
    talking.spawn(write_from(*late.connection, {"hello"}, sent));
    talking.spawn(read_into(*second.connection, 10, got));
    world.run(talking.join());
    BOOST_TEST(got.bytes == "hello");
}

BOOST_AUTO_TEST_CASE(a_closed_network_refuses_and_lets_go) {
    virtual_runtime world;
    auto network = make_memory_network(world.executor());
    auto never_accepted = world.run(network.dial());
    network.source->close();
    operation got;
    world.run(read_into(*never_accepted.connection, 10, got));
    BOOST_TEST(got.result.error == eof);
    BOOST_TEST(world.run(network.dial()).error == error_code(asio::error::connection_refused));
    BOOST_TEST(world.run(network.source->accept()).error == aborted);

    auto other = make_memory_network(world.executor());
    opened outcome;
    auto wait = [](acceptor& source, opened& out) -> awaitable<void> { out = co_await source.accept(); };
    nursery waiting(world.executor());
    waiting.spawn(wait(*other.source, outcome));
    world.settle();
    other.source.reset();
    world.run(waiting.join());
    BOOST_TEST(outcome.error == aborted);
    BOOST_TEST(world.run(other.dial()).error == error_code(asio::error::connection_refused));
}

BOOST_AUTO_TEST_CASE(a_network_gives_bodies_on_as_they_are) {
    virtual_runtime world;
    auto network = make_memory_network(world.executor());
    auto dialled = world.run(network.dial());
    auto accepted = world.run(network.source->accept());
    const auto near = std::make_shared<connection>(world.get(), std::move(dialled.connection));
    const auto far = std::make_shared<connection>(world.get(), std::move(accepted.connection));
    near->start();
    far->start();
    std::vector<payload> bodies{payload_of("first"), payload_of("second"), payload_of("third")};
    std::vector<frame> asked;
    far->on_frame([&](frame got) { asked.push_back(std::move(got)); });
    std::vector<std::uint64_t> tickets;
    std::vector<answer> answers;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        tickets.push_back(
            near->ask(frame(16), {4096, 100}, [&](answer got) { answers.push_back(std::move(got)); }));
    }
    world.settle();
    BOOST_TEST_REQUIRE(asked.size() == 3U);
    // One that nobody waits for any more, and one without a body, do not move those that follow.
    near->forget(tickets[0]);
    far->reply(asked[0], {}, bodies[0]);
    far->reply(asked[1]);
    far->reply(asked[2], {}, bodies[2]);
    world.settle();
    BOOST_TEST_REQUIRE(answers.size() == 2U);
    BOOST_TEST(answers[0].reply.body.empty());
    BOOST_TEST(answers[1].reply.body.bytes().data() == bodies[2].bytes().data());
    BOOST_TEST(bodies[0].use_count() == 1);
    BOOST_TEST(bodies[2].use_count() == 2);
    BOOST_TEST(far->bytes_sent() == near->bytes_received());
    // As over any stream, nothing over the limits gets in.
    answers.clear();
    near->ask(frame(16), {4096, 3}, [&](answer got) { answers.push_back(std::move(got)); });
    world.settle();
    far->reply(asked.back(), {}, bodies[1]);
    world.settle();
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(to_string(answers[0].result) == "lost");
    BOOST_TEST(world.run(near->ended()) == error_code(errc::body_too_large));
    BOOST_TEST(world.run(far->ended()) != error_code());
}

BOOST_AUTO_TEST_SUITE_END()
