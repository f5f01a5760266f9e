#include <fedasio/dashboard/client.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include "samples.hpp"

namespace {

using namespace std::chrono_literals;
using fedasio::dashboard::stream_client;
using live::ask;
using live::awaitable;
using live::fixture;
using live::raw_connection;
using live::until;
using live::upgrade;

const std::string stream = "/api/v1/stream";
const std::string instance = "0000000000005c0f";

boost::json::object parse(const std::string& text) {
    return fedasio::text::parse_json(text, {.bytes = std::size_t{64} << 20, .depth = 32, .comments = false})
        .as_object();
}

std::string type_of(const std::string& text) {
    return std::string(std::string_view(parse(text).at("type").as_string()));
}

std::uint64_t seq_of(const std::string& text) {
    return parse(text).at("seq").to_number<std::uint64_t>();
}

awaitable<void> open(raw_connection& connection, const fixture& with, std::string target,
                     int receive_buffer = 0) {
    co_await connection.connect(receive_buffer);
    co_await connection.send(upgrade(with, target));
    const auto answer = co_await connection.receive(false);
    BOOST_TEST(answer.status == 101U);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_stream, fixture)

BOOST_AUTO_TEST_CASE(a_long_snapshot_is_packed_for_those_who_offer_it) {
    run([](fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        for (int i = 0; i < 300; ++i) {
            with.notice(std::string(500, 'x') + std::to_string(i));
        }
        raw_connection plain(with);
        co_await open(plain, with, stream);
        const auto whole = co_await plain.receive_message();
        raw_connection packing(with);
        co_await packing.connect();
        co_await packing.send(upgrade(
            with, stream, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
        const auto answer = co_await packing.receive(false);
        BOOST_TEST(answer.status == 101U);
        const auto agreed = answer.header("Sec-WebSocket-Extensions");
        for (const auto* term : {"permessage-deflate", "server_no_context_takeover",
                                 "client_no_context_takeover", "server_max_window_bits=12"}) {
            BOOST_TEST(agreed.find(term) != std::string::npos, agreed);
        }
        const auto packed = co_await packing.receive_message();
        BOOST_TEST(whole.size() > 150'000U);
        BOOST_TEST(packed.size() < whole.size() / 5);
        BOOST_TEST((live::unpacked(packed, -12) == whole));
        with.notice("one more"); // what is short goes as it is
        const auto event = co_await packing.receive_message();
        BOOST_TEST(event.starts_with("{\"seq\":"), event);
    });
}

BOOST_AUTO_TEST_CASE(a_snapshot_then_every_event) {
    run([](fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        stream_client client(with.rt, {with.address()});
        const auto refused = co_await client.open(stream);
        BOOST_TEST(!refused);
        auto message = co_await client.next();
        const auto snapshot = parse(message.text);
        BOOST_TEST((snapshot.at("type") == "snapshot"));
        BOOST_TEST((snapshot.at("instance") == boost::json::string_view(instance)));
        BOOST_TEST(seq_of(message.text) == 1U);
        BOOST_TEST((snapshot.at("status").at("plan") == "digits"));
        for (std::uint64_t seq = 2; seq < 10; ++seq) {
            with.notice("n" + std::to_string(seq));
        }
        for (std::uint64_t seq = 2; seq < 10; ++seq) {
            message = co_await client.next();
            BOOST_TEST(seq_of(message.text) == seq);
            BOOST_TEST(message.text.find("\"n" + std::to_string(seq) + "\"") != std::string::npos);
        }
    });
}

BOOST_AUTO_TEST_CASE(events_come_in_batches_to_who_asks) {
    options.stream_batch_bytes = 500;
    run([](fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        stream_client client(with.rt, {with.address()});
        stream_client other(with.rt, {with.address()});
        co_await client.open(stream + "?batch=1");
        co_await other.open(stream + "?batch=1");
        co_await client.next();
        co_await other.next();
        with.time.advance(100ms);
        with.notice("first");
        auto message = co_await client.next(); // nothing was said lately
        BOOST_TEST(type_of(message.text) == "events");
        BOOST_TEST(parse(message.text).at("events").as_array().size() == 1U);
        for (int i = 0; i < 20; ++i) {
            with.notice("n" + std::to_string(i));
        }
        // No more before the time is up: what is asked for meanwhile comes first.
        const auto ask = co_await live::ask(with, live::get(with, "/healthz"));
        BOOST_TEST(ask.status == 200U);
        BOOST_TEST(with.time.standing(100ms) == 1U);
        with.time.advance(100ms);
        std::uint64_t last = 2;
        std::size_t messages = 0;
        while (last < 22) {
            message = co_await client.next();
            ++messages;
            BOOST_TEST(message.text.size() < 520U);
            const auto batch = parse(message.text);
            for (const auto& event : batch.at("events").as_array()) {
                BOOST_TEST(event.at("seq").to_number<std::uint64_t>() == last + 1);
                ++last;
            }
        }
        BOOST_TEST(messages > 2U);
        BOOST_TEST(messages < 10U);
        message = co_await other.next();
        BOOST_TEST(parse(message.text).at("events").at(0).at("seq").to_number<int>() == 2);
        with.time.advance(100ms);
        BOOST_TEST(with.time.standing(100ms) == 0U); // quiet again
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_comes_back_goes_on_where_it_stopped) {
    run([](fixture& with) -> awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            with.notice("x");
        }
        stream_client client(with.rt, {with.address()});
        co_await client.open(stream + "?after=3&instance=" + instance);
        auto message = co_await client.next();
        BOOST_TEST(message.text == R"({"type":"resumed","instance":")" + instance + R"(","seq":3})");
        for (const std::uint64_t seq : {4U, 5U}) {
            message = co_await client.next();
            BOOST_TEST(seq_of(message.text) == seq);
        }
        stream_client up_to_date(with.rt, {with.address()});
        co_await up_to_date.open(stream + "?after=5&instance=" + instance);
        message = co_await up_to_date.next();
        BOOST_TEST(type_of(message.text) == "resumed");
        with.notice("x");
        message = co_await up_to_date.next();
        BOOST_TEST(seq_of(message.text) == 6U);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_cannot_go_on_starts_over) {
    run([](fixture& with) -> awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            with.notice(std::string(100'000, 'x'));
        }
        for (const auto& query : {"?after=3&instance=other", "?after=3", "?after=6&instance=0000000000005c0f",
                                  "?after=x&instance=0000000000005c0f", "?instance=0000000000005c0f",
                                  "?after=18446744073709551615&instance=0000000000005c0f"}) {
            stream_client client(with.rt, {with.address()});
            co_await client.open(stream + query);
            const auto message = co_await client.next();
            BOOST_TEST_CONTEXT(query) {
                BOOST_TEST(type_of(message.text) == "snapshot");
                BOOST_TEST(seq_of(message.text) == 5U);
            }
        }
        for (int i = 0; i < 10; ++i) {
            with.notice(std::string(100'000, 'x'));
        }
        stream_client far_behind(with.rt, {with.address()});
        co_await far_behind.open(stream + "?after=3&instance=" + instance);
        const auto message = co_await far_behind.next();
        BOOST_TEST(type_of(message.text) == "snapshot");
    });
}

BOOST_AUTO_TEST_CASE(other_sites_cannot_listen) {
    run([](fixture& with) -> awaitable<void> {
        const auto foreign = co_await ask(with, upgrade(with, stream, "Origin: http://evil.example\r\n"));
        BOOST_TEST(foreign.status == 403U);
        raw_connection own(with);
        co_await own.connect();
        co_await own.send(upgrade(with, stream, "Origin: http://" + with.host() + "\r\n"));
        const auto answer = co_await own.receive(false);
        BOOST_TEST(answer.status == 101U);
        auto rebound = upgrade(with, stream);
        rebound.replace(rebound.find(with.host()), with.host().size(), "evil.example");
        const auto refused = co_await ask(with, rebound);
        BOOST_TEST(refused.status == 403U);
        const auto elsewhere = co_await ask(with, upgrade(with, "/api/v1/other"));
        BOOST_TEST(elsewhere.status == 404U);
    });
}

BOOST_AUTO_TEST_CASE(what_a_client_says_is_ignored_but_limited) {
    run([](fixture& with) -> awaitable<void> {
        const auto frame = [](std::size_t size) {
            std::string bytes = "\x81\xfe";
            bytes += static_cast<char>(size >> 8U);
            bytes += static_cast<char>(size & 0xffU);
            bytes += std::string(4, '\0') + std::string(size, 'x');
            return bytes;
        };
        raw_connection connection(with);
        co_await open(connection, with, stream);
        auto message = co_await connection.receive_message();
        co_await connection.send(frame(4096));
        with.notice("still here");
        message = co_await connection.receive_message();
        BOOST_TEST(type_of(message) == "notice");
        co_await connection.send(frame(4097));
        message = co_await connection.receive_message();
        BOOST_TEST(message.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_slow_reader_gets_a_snapshot_in_place_of_what_it_missed) {
    run([](fixture& with) -> awaitable<void> {
        constexpr std::uint64_t count = 300;
        raw_connection slow(with);
        co_await open(slow, with, stream, 8192);
        for (std::uint64_t i = 0; i < count; ++i) {
            with.notice(std::string(50'000, 'x'));
            co_await live::asio::post(live::asio::use_awaitable);
        }
        std::uint64_t seq = 0;
        std::size_t bytes = 0;
        int snapshots = 0;
        while (seq < count) {
            const auto text = co_await slow.receive_message();
            if (text.empty()) {
                break;
            }
            bytes += text.size();
            const bool is_snapshot = type_of(text) == "snapshot";
            snapshots += is_snapshot ? 1 : 0;
            BOOST_TEST((is_snapshot || seq_of(text) == seq + 1));
            seq = seq_of(text);
        }
        BOOST_TEST(seq == count);
        BOOST_TEST(snapshots == 2);
        BOOST_TEST(bytes < count * 50'000 / 2);
        with.notice("after");
        const auto text = co_await slow.receive_message();
        BOOST_TEST(seq_of(text) == count + 1);
    });
}

BOOST_AUTO_TEST_CASE(a_reader_that_takes_nothing_is_dropped) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection stuck(with);
        co_await open(stuck, with, stream, 8192);
        const auto text = co_await stuck.receive_message();
        BOOST_TEST(type_of(text) == "snapshot");
        for (int i = 0; i < 100; ++i) {
            with.notice(std::string(50'000, 'x'));
        }
        co_await until([&] { return with.time.standing(30s) == 1; });
        for (int i = 0; i < 1000; ++i) {
            co_await live::asio::post(live::asio::use_awaitable);
        }
        BOOST_TEST(with.server->streams() == 1U);
        with.time.advance(30s);
        co_await until([&] { return with.server->streams() == 0; });
    });
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_pinged_and_then_dropped) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection silent(with);
        co_await open(silent, with, stream);
        const auto text = co_await silent.receive_message();
        BOOST_TEST(type_of(text) == "snapshot");
        co_await until([&] { return with.time.standing(30s) == 0; }); // the server has noticed as well
        for (int i = 0; i < 2; ++i) {
            co_await until([&] { return with.time.standing(15s) == 1; });
            with.time.advance(15s);
        }
        co_await until([&] { return with.time.standing(15s) == 1; });
        BOOST_TEST(with.server->streams() == 1U);
        with.time.advance(15s);
        co_await until([&] { return with.server->streams() == 0; });
    });
}

BOOST_AUTO_TEST_CASE(a_peer_that_answers_pings_is_kept) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection quiet(with);
        co_await open(quiet, with, stream);
        auto text = co_await quiet.receive_message();
        co_await until([&] { return with.time.standing(30s) == 0; }); // the server has noticed as well
        for (int i = 0; i < 10; ++i) {
            co_await until([&] { return with.time.standing(15s) == 1; });
            with.time.advance(15s);
            co_await quiet.send(std::string("\x8a\x80\0\0\0\0", 6)); // a pong
            for (int turn = 0; turn < 100; ++turn) {
                co_await live::asio::post(live::asio::use_awaitable);
            }
        }
        BOOST_TEST(with.server->streams() == 1U);
        with.notice("for you");
        text = co_await quiet.receive_message();
        BOOST_TEST(type_of(text) == "notice");
    });
}

BOOST_AUTO_TEST_CASE(many_clients_see_the_same_and_stopping_closes_all) {
    run([](fixture& with) -> awaitable<void> {
        constexpr std::size_t count = 200;
        struct tally {
            std::size_t ready = 0;
            std::size_t got = 0;
            std::size_t going_away = 0;
        };
        const auto listen = [](fixture& to, tally& of) -> awaitable<void> {
            stream_client client(to.rt, {to.address()});
            const auto refused = co_await client.open(stream);
            BOOST_TEST(!refused);
            auto message = co_await client.next();
            ++of.ready;
            for (std::uint64_t seq = 1; !message.error; ++seq) {
                message = co_await client.next();
                if (!message.error) {
                    of.got += seq_of(message.text) == seq ? 1 : 0;
                }
            }
            of.going_away += client.close_code() == 1001 ? 1 : 0;
        };
        tally all;
        fedasio::net::nursery clients(with.rt.executor);
        for (std::size_t i = 0; i < count; ++i) {
            clients.spawn(listen(with, all));
        }
        co_await until([&] { return all.ready == count; });
        BOOST_TEST(with.server->streams() == count);
        for (int i = 0; i < 10; ++i) {
            with.notice("x");
        }
        // What was published before the end still goes out.
        with.server->stop();
        co_await clients.join();
        BOOST_TEST(all.got == count * 10);
        BOOST_TEST(all.going_away == count);
        co_await until([&] { return with.server_ended; }); // without time passing
    });
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_no_events_to_gather) {
    run([](fixture& with) -> awaitable<void> {
        with.notice("x");
        BOOST_TEST(with.time.standing(100ms) == 1U);
        with.server->stop();
        BOOST_TEST(with.time.standing(100ms) == 0U);
        with.notice("y"); // as when a worker leaves
        BOOST_TEST(with.time.standing(100ms) == 0U);
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(stopping_cuts_streams_that_do_not_close) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection deaf(with);
        co_await open(deaf, with, stream);
        auto text = co_await deaf.receive_message();
        with.server->stop();
        text = co_await deaf.receive_message(); // the close frame, which it does not answer
        BOOST_TEST(text.empty());
        BOOST_TEST(with.server->streams() == 1U);
        with.time.advance(2s);
        co_await until([&] { return with.server_ended; });
    });
}

BOOST_AUTO_TEST_CASE(a_client_notices_a_silent_master) {
    run([](fixture& with) -> awaitable<void> {
        stream_client client(with.rt, {with.address()}, 45s);
        co_await client.open(stream);
        auto message = co_await client.next();
        BOOST_TEST(!message.error);
        fedasio::net::nursery aside(with.rt.executor);
        aside.spawn([](fixture& of) -> awaitable<void> {
            co_await until([&] { return of.time.standing(45s) == 1; });
            of.time.advance(45s);
        }(with));
        message = co_await client.next();
        co_await aside.join();
        BOOST_TEST((message.error == boost::asio::error::timed_out));
    });
}

BOOST_AUTO_TEST_SUITE_END()
