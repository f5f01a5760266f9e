#include <fedasio/dashboard/board.hpp>
#include <fedasio/dashboard/client.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include "samples.hpp"
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using live::ask;
using live::awaitable;
using live::fixture;
using live::get;
using live::post;
using live::raw_connection;
using live::until;

constexpr auto json_type = "Content-Type: application/json\r\n";
using fedasio::dashboard::archive_answer;

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_connections, fixture)

BOOST_AUTO_TEST_CASE(a_connection_is_kept_and_takes_requests_in_a_row) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        co_await connection.send(get(with, "/healthz") + post(with, R"({"command":"pause"})", json_type) +
                                 get(with, "/nothing") + get(with, "/healthz", "Connection: close\r\n"));
        for (const unsigned expected : {200U, 200U, 404U, 200U}) {
            const auto answer = co_await connection.receive();
            BOOST_TEST(answer.status == expected);
        }
        BOOST_TEST(with.server->connections() == 1U);
        const bool ended = co_await connection.ends();
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_first_is_told_to_go_on) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        const std::string body = R"({"command":"pause"})";
        const auto whole = post(with, body, std::string(json_type) + "Expect: 100-continue\r\n");
        co_await connection.send(whole.substr(0, whole.size() - body.size()));
        const auto go_on = co_await connection.receive();
        BOOST_TEST(go_on.status == 100U);
        co_await connection.send(body);
        const auto answer = co_await connection.receive();
        BOOST_TEST(answer.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(a_slow_header_is_cut) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection silent(with);
        co_await silent.connect();
        co_await until([&] { return with.time.standing(5s) == 1; });
        with.time.advance(4900ms);
        raw_connection slow(with);
        co_await slow.connect();
        co_await slow.send("GET / HTTP/1.1\r\nHo");
        co_await until([&] { return with.time.standing(5s) == 1; });
        with.time.advance(200ms);
        bool ended = co_await silent.ends();
        BOOST_TEST(ended);
        co_await until([&] { return with.server->connections() == 1; });
        with.time.advance(5s);
        ended = co_await slow.ends();
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(a_slow_body_is_cut) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection slow(with);
        co_await slow.connect();
        co_await slow.send(
            "POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{");
        co_await until([&] { return with.time.standing(10s) == 1; });
        with.time.advance(10s);
        const bool ended = co_await slow.ends();
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_kept_for_a_while) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        for (int i = 0; i < 3; ++i) {
            co_await connection.send(get(with, "/healthz"));
            const auto answer = co_await connection.receive();
            BOOST_TEST(answer.status == 200U);
            co_await until([&] { return with.time.standing(30s) == 1; });
            with.time.advance(29s);
        }
        BOOST_TEST(with.server->connections() == 1U);
        with.time.advance(1s);
        const bool ended = co_await connection.ends();
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(too_many_connections_are_told) {
    options.max_connections = 2;
    run([](fixture& with) -> awaitable<void> {
        raw_connection first(with);
        raw_connection second(with);
        co_await first.connect();
        co_await second.connect();
        co_await until([&] { return with.server->connections() == 2; });
        const auto third = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(third.status == 503U);
        first.close();
        co_await until([&] { return with.server->connections() == 1; });
        const auto fourth = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(fourth.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(too_many_connections_of_one_address_are_told) {
    options.max_connections_of_one = 2;
    run([](fixture& with) -> awaitable<void> {
        raw_connection first(with);
        raw_connection second(with);
        co_await first.connect();
        co_await second.connect();
        co_await until([&] { return with.server->connections() == 2; });
        const auto third = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(third.status == 503U);
        // Some of those that are too many are answered, others are not even kept.
        std::vector<std::unique_ptr<raw_connection>> many;
        for (int i = 0; i < 20; ++i) {
            many.push_back(std::make_unique<raw_connection>(with));
            co_await many.back()->connect();
        }
        const bool ended = co_await many.back()->ends();
        BOOST_TEST(ended);
        BOOST_TEST(with.server->connections() <= 12U);
        many.clear();
        first.close();
        co_await until([&] { return with.server->connections() == 1; });
        const auto fourth = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(fourth.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_takes_are_bounded) {
    options.answer_bytes = std::size_t{12} << 20;
    archive = [](fedasio::dashboard::archive_question) -> awaitable<std::optional<archive_answer>> {
        co_return archive_answer{std::string(std::size_t{8} << 20, 'x')};
    };
    run([](fixture& with) -> awaitable<void> {
        raw_connection stuck(with);
        co_await stuck.connect(8192);
        co_await stuck.send(get(with, "/api/v1/runs"));
        co_await until([&] { return with.time.standing(30s) == 1; });
        const auto too_much = co_await ask(with, get(with, "/api/v1/runs"));
        BOOST_TEST(too_much.status == 503U);
        const auto small = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(small.status == 200U);
        with.time.advance(30s);
        co_await until([&] { return with.server->connections() == 0; });
        const auto again = co_await ask(with, get(with, "/api/v1/runs"));
        BOOST_TEST(again.status == 200U);
        BOOST_TEST(again.body.size() == std::size_t{8} << 20);
    });
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_taken_drop_by_drop_is_cut) {
    options.least_bytes_a_second = std::size_t{1} << 20;
    archive = [](fedasio::dashboard::archive_question) -> awaitable<std::optional<archive_answer>> {
        co_return archive_answer{std::string(std::size_t{8} << 20, 'x')};
    };
    run([](fixture& with) -> awaitable<void> {
        raw_connection slow(with);
        co_await slow.connect(8192);
        co_await slow.send(get(with, "/api/v1/runs"));
        // 8 MiB at 1 MiB a second, and 30 s to begin with.
        for (int i = 0; i < 9; ++i) {
            co_await until([&] { return with.server->connections() == 1; });
            co_await slow.take(std::size_t{100} << 10);
            with.time.advance(4s);
        }
        BOOST_TEST(with.server->connections() == 1U);
        with.time.advance(2s);
        co_await until([&] { return with.server->connections() == 0; });
    });
}

BOOST_AUTO_TEST_CASE(stopping_closes_idle_connections_at_once) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection fresh(with);
        raw_connection kept(with);
        co_await fresh.connect();
        co_await kept.connect();
        co_await kept.send(get(with, "/healthz"));
        const auto answer = co_await kept.receive();
        BOOST_TEST(answer.status == 200U);
        co_await until([&] { return with.time.standing(30s) == 1 && with.time.standing(5s) == 1; });
        with.server->stop();
        bool ended = co_await fresh.ends();
        BOOST_TEST(ended);
        ended = co_await kept.ends();
        BOOST_TEST(ended);
        co_await until([&] { return with.server_ended; }); // without time passing
    });
}

BOOST_AUTO_TEST_CASE(stopping_cuts_what_does_not_end) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection slow(with);
        co_await slow.connect();
        co_await slow.send(
            "POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{");
        co_await until([&] { return with.time.standing(10s) == 1; });
        with.server->stop();
        co_await until([&] { return with.time.standing(2s) == 1; });
        BOOST_TEST(!with.server_ended);
        with.time.advance(2s);
        co_await until([&] { return with.server_ended; });
    });
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_named) {
    start();
    const auto taken = server->local();
    const auto second_server = [&] { fedasio::dashboard::server second(rt, taken, events, {}, {}); };
    BOOST_CHECK_EXCEPTION(second_server(), std::runtime_error, [&](const auto& failure) {
        return std::string(failure.what()).find(taken.to_string()) != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(events_after_the_server_is_gone_do_no_harm) {
    start();
    notice("a");
    server.reset();
    notice("b");
}

BOOST_AUTO_TEST_SUITE_END()
