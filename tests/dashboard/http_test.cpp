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

const std::string page_text = "<!doctype html><title>page</title>";

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_http, fixture)

BOOST_AUTO_TEST_CASE(every_address_answers) {
    run([](fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        with.events.publish(samples::joined(2));
        struct expected {
            const char* target;
            const char* type;
            const char* contains;
        };
        for (const auto& it :
             {expected{"/", "text/html; charset=utf-8", "<!doctype"},
              expected{"/index.html", "text/html; charset=utf-8", "<!doctype"},
              expected{"/?x=1", "text/html; charset=utf-8", "<!doctype"},
              expected{"/app.js", "text/javascript", "<!doctype"},
              expected{"/healthz", "text/plain; charset=utf-8", "ok\n"},
              expected{"/metrics", "text/plain; version=0.0.4; charset=utf-8", "fedasio_workers 1\n"},
              expected{"/api/v1/status", "application/json", R"("plan":"digits")"},
              expected{"/api/v1/workers", "application/json", R"([{"worker":2)"},
              expected{"/api/v1/clients", "application/json", "[]"},
              expected{"/api/v1/rounds", "application/json", "[]"},
              expected{"/api/v1/plan", "application/json", R"({"name":"digits"})"},
              expected{"/api/v1/events", "application/json",
                       R"({"instance":"0000000000005c0f","events":[{"seq":1)"},
              expected{"/api/v1/events?after=1&limit=5", "application/json", R"("events":[{"seq":2)"}}) {
            const auto answer = co_await ask(with, get(with, it.target));
            BOOST_TEST_CONTEXT(it.target) {
                BOOST_TEST(answer.status == 200U);
                BOOST_TEST(answer.header("Content-Type") == it.type);
                BOOST_TEST(answer.body.find(it.contains) != std::string::npos, answer.body);
                BOOST_TEST(answer.header("X-Content-Type-Options") == "nosniff");
                BOOST_TEST(answer.header("Referrer-Policy") == "no-referrer");
                BOOST_TEST(answer.header("X-Frame-Options") == "DENY");
                BOOST_TEST(answer.header("Cross-Origin-Opener-Policy") == "same-origin");
                BOOST_TEST(answer.header("Cross-Origin-Resource-Policy") == "same-origin");
                BOOST_TEST(answer.header("Content-Security-Policy") ==
                           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                           "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
                const bool is_page = std::string_view(it.contains) == "<!doctype";
                BOOST_TEST(answer.header("Cache-Control") == (is_page ? "no-cache" : "no-store"));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_only) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        co_await connection.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + get(with, "/healthz"));
        const auto head = co_await connection.receive(false);
        BOOST_TEST(head.status == 200U);
        BOOST_TEST(head.header("Content-Length") == "3");
        const auto whole = co_await connection.receive();
        BOOST_TEST(whole.status == 200U);
        BOOST_TEST(whole.body == "ok\n");
    });
}

BOOST_AUTO_TEST_CASE(the_page_is_packed_for_those_who_take_it) {
    run([](fixture& with) -> awaitable<void> {
        const auto plain = co_await ask(with, get(with, "/", "Accept-Encoding: br, gzip;q=0\r\n"));
        BOOST_TEST(plain.body == page_text);
        BOOST_TEST(plain.header("Content-Encoding") == "(none)");
        BOOST_TEST(plain.header("Vary") == "Accept-Encoding");
        for (const auto* accepted : {"gzip", "deflate, GZIP;q=0.5", "*"}) {
            const auto packed =
                co_await ask(with, get(with, "/", "Accept-Encoding: " + std::string(accepted) + "\r\n"));
            BOOST_TEST(packed.header("Content-Encoding") == "gzip");
            BOOST_TEST(packed.body.starts_with("\x1f\x8b"));
        }
    });
}

BOOST_AUTO_TEST_CASE(long_answers_are_packed_for_those_who_take_it) {
    archive = [](fedasio::dashboard::archive_question what) -> awaitable<std::optional<archive_answer>> {
        std::string body = "[";
        const std::size_t size = what.run == "a" ? 1000 : 300'000;
        while (body.size() < size) {
            body += std::to_string(body.size()) + ",";
        }
        const bool is_model = what.what == fedasio::dashboard::archive_question::kind::model;
        co_return archive_answer{body + "0]", is_model ? "a.safetensors" : ""};
    };
    run([](fixture& with) -> awaitable<void> {
        const auto plain = co_await ask(with, get(with, "/api/v1/runs"));
        BOOST_TEST(plain.header("Content-Encoding") == "(none)");
        const auto packed = co_await ask(with, get(with, "/api/v1/runs", "Accept-Encoding: gzip, br\r\n"));
        BOOST_TEST(packed.header("Content-Encoding") == "gzip");
        BOOST_TEST(packed.header("Vary") == "Accept-Encoding");
        BOOST_TEST(packed.header("Content-Type") == "application/json");
        BOOST_TEST(packed.body.size() < plain.body.size() / 2);
        BOOST_TEST((live::unpacked(packed.body, 16 + 15) == plain.body));
        for (const auto* as_it_is : {"/api/v1/runs/a", "/api/v1/model", "/healthz"}) {
            const auto answer = co_await ask(with, get(with, as_it_is, "Accept-Encoding: gzip\r\n"));
            BOOST_TEST(answer.status == 200U);
            BOOST_TEST(answer.header("Content-Encoding") == "(none)", as_it_is);
        }
    });
}

BOOST_AUTO_TEST_CASE(the_page_is_not_sent_twice) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        co_await connection.send(get(with, "/"));
        const auto first = co_await connection.receive();
        BOOST_TEST(first.header("ETag") == "W/\"abc\"");
        co_await connection.send(get(with, "/", "If-None-Match: \"zzz\", W/\"abc\"\r\n"));
        const auto again = co_await connection.receive(false);
        BOOST_TEST(again.status == 304U);
        co_await connection.send(get(with, "/app.js", "If-None-Match: \"abc\"\r\n"));
        const auto other = co_await connection.receive();
        BOOST_TEST(other.status == 200U);
        BOOST_TEST(other.header("ETag") == "W/\"js\"");
    });
}

BOOST_AUTO_TEST_CASE(errors_say_what_is_wrong) {
    run([](fixture& with) -> awaitable<void> {
        struct expected {
            std::string request;
            unsigned status;
            const char* allow;
        };
        const std::string host = "Host: localhost\r\n";
        const expected all[] = {
            {get(with, "/nothing"), 404, "(none)"},
            {get(with, "/api/v1/"), 404, "(none)"},
            {get(with, "/../etc/passwd"), 404, "(none)"},
            {get(with, "http://localhost/"), 404, "(none)"},
            {"POST /api/v1/status HTTP/1.1\r\n" + host + "\r\n", 405, "GET, HEAD"},
            {"DELETE / HTTP/1.1\r\n" + host + "\r\n", 405, "GET, HEAD"},
            {"BREW /healthz HTTP/1.1\r\n" + host + "\r\n", 405, "GET, HEAD"},
            {get(with, "/api/v1/commands"), 405, "POST"},
            {get(with, "/api/v1/stream"), 426, "(none)"},
            {get(with, "/api/v1/events?after=x"), 400, "(none)"},
            {get(with, "/api/v1/events?after=-1"), 400, "(none)"},
            {get(with, "/api/v1/events?limit=0"), 400, "(none)"},
            {get(with, "/api/v1/events?limit=1001"), 400, "(none)"},
            {get(with, "/api/v1/events?limit=99999999999999"), 400, "(none)"},
            {"GET / HTTP/1.1\r\n\r\n", 400, "(none)"},
            {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400, "(none)"},
            {"GET / HTTP/3.7\r\n\r\n", 400, "(none)"},
            {"nonsense\r\n\r\n", 400, "(none)"},
            {get(with, "/", "X: " + std::string(9000, 'x') + "\r\n"), 431, "(none)"},
            {post(with, std::string(3 << 20, ' '), json_type), 413, "(none)"},
            {"POST /api/v1/commands HTTP/1.1\r\n" + host + json_type + "Content-Length: 9999999999\r\n\r\n",
             413, "(none)"},
            {post(with, R"({"command":"pause"})", ""), 415, "(none)"},
            {post(with, R"({"command":"pause"})", "Content-Type: text/plain\r\n"), 415, "(none)"},
        };
        for (const auto& it : all) {
            const auto answer = co_await ask(with, it.request);
            BOOST_TEST_CONTEXT(it.request.substr(0, 60)) {
                BOOST_TEST(answer.status == it.status);
                BOOST_TEST(answer.header("Allow") == it.allow);
                BOOST_TEST(answer.header("Content-Type") == "application/json");
                BOOST_TEST(answer.body.starts_with("{\"error\":\""), answer.body);
            }
        }
        BOOST_TEST(with.commands.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_bad_request_ends_its_connection) {
    run([](fixture& with) -> awaitable<void> {
        raw_connection connection(with);
        co_await connection.connect();
        co_await connection.send("nonsense\r\n\r\n" + get(with, "/"));
        const auto answer = co_await connection.receive();
        BOOST_TEST(answer.status == 400U);
        BOOST_TEST(answer.header("Connection") == "close");
        const bool ended = co_await connection.ends();
        BOOST_TEST(ended);
    });
}

BOOST_AUTO_TEST_CASE(a_body_of_unknown_coding_hides_no_request) {
    run([](fixture& with) -> awaitable<void> {
        for (const auto* coding : {"xchunked", "gzip", "identity", "chunked, identity", "gzip, chunked", ",",
                                   "chunked\r\nTransfer-Encoding: chunked"}) {
            raw_connection connection(with);
            co_await connection.connect();
            co_await connection.send("POST /api/v1/plan/check HTTP/1.1\r\nHost: localhost\r\n" +
                                     ("Transfer-Encoding: " + std::string(coding)) + "\r\n\r\n" +
                                     get(with, "/healthz"));
            const auto answer = co_await connection.receive();
            BOOST_TEST_CONTEXT(coding) {
                BOOST_TEST(answer.status == 400U);
                BOOST_TEST(answer.header("Connection") == "close");
            }
            const bool ended = co_await connection.ends();
            BOOST_TEST(ended);
        }
        const auto good = co_await ask(with, "POST /api/v1/plan/check HTTP/1.1\r\nHost: localhost\r\n"
                                             "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        BOOST_TEST(good.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(commands) {
    run([](fixture& with) -> awaitable<void> {
        using kind = fedasio::master::command::kind;
        const auto accepted = co_await ask(with, post(with, R"({"command":"train","rounds":3})",
                                                      "Content-Type: application/JSON; charset=utf-8\r\n"));
        BOOST_TEST(accepted.status == 200U);
        BOOST_TEST(accepted.body == R"({"accepted":true,"message":"said"})");
        BOOST_TEST(accepted.header("Cache-Control") == "no-store");
        const auto refused = co_await ask(with, post(with, R"({"command":"resume"})", json_type));
        BOOST_TEST(refused.status == 409U);
        BOOST_TEST(refused.body == R"({"accepted":false,"reason":"said"})");
        const auto broken = co_await ask(with, post(with, R"({"command":"stop"})", json_type));
        BOOST_TEST(broken.status == 500U);
        BOOST_TEST(broken.body == R"({"error":"the command failed: broken"})");
        const auto wrong = co_await ask(with, post(with, R"({"command":"dance"})", json_type));
        BOOST_TEST(wrong.status == 400U);
        BOOST_TEST(wrong.body.starts_with(R"({"accepted":false,"reason":"there is no such command)"));
        BOOST_TEST(with.commands.size() == 3U);
        BOOST_TEST((with.commands.at(0).what == kind::train));
        BOOST_TEST(with.commands.at(0).rounds.value() == 3U);
    });
}

BOOST_AUTO_TEST_CASE(other_sites_cannot_command) {
    run([](fixture& with) -> awaitable<void> {
        const std::string body = R"({"command":"pause"})";
        for (const auto& origin : {std::string("http://evil.example"), std::string("null"), std::string(),
                                   "https://" + with.host(), "http://" + with.host() + ".evil.example",
                                   std::string("http://localhost:1")}) {
            const auto answer =
                co_await ask(with, post(with, body, json_type + ("Origin: " + origin + "\r\n")));
            BOOST_TEST_CONTEXT(origin) {
                BOOST_TEST(answer.status == 403U);
            }
        }
        BOOST_TEST(with.commands.empty());
        const auto own =
            co_await ask(with, post(with, body, json_type + ("Origin: http://" + with.host() + "\r\n")));
        BOOST_TEST(own.status == 200U);
        const auto read = co_await ask(with, get(with, "/healthz", "Origin: http://evil.example\r\n"));
        BOOST_TEST(read.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(a_loopback_server_answers_to_loopback_names_only) {
    run([](fixture& with) -> awaitable<void> {
        const auto status_for = [](fixture& from, std::string host) -> awaitable<unsigned> {
            const auto answer = co_await ask(from, "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            co_return answer.status;
        };
        for (const auto* name :
             {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"}) {
            const auto status = co_await status_for(with, name);
            BOOST_TEST_CONTEXT(name) {
                BOOST_TEST(status == 200U);
            }
        }
        for (const auto* name :
             {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::1",
              "[::1]x", "localhost:80x", ":80", "localhost@evil.example"}) {
            const auto status = co_await status_for(with, name);
            BOOST_TEST_CONTEXT(name) {
                BOOST_TEST(status == 403U);
            }
        }
        const auto nameless = co_await ask(with, "GET /healthz HTTP/1.0\r\n\r\n");
        BOOST_TEST(nameless.status == 403U);
    });
}

BOOST_AUTO_TEST_CASE(an_open_server_answers_to_names_of_its_own) {
    listen = "0.0.0.0:0";
    start();
    const auto port = server->local().port;
    server.reset();
    listen = "0.0.0.0:" + std::to_string(port);
    protection.names = {"master.example", "192.0.2.7"};
    run([](fixture& with) -> awaitable<void> {
        struct expected {
            const char* host;
            unsigned status;
        };
        for (const auto& it :
             {expected{"master.example", 200}, expected{"MASTER.example:80", 200}, expected{"192.0.2.7", 200},
              expected{"127.0.0.1:1", 200}, expected{"localhost", 200}, expected{"evil.example", 403},
              expected{"master.example.evil", 403}, expected{"x.master.example", 403},
              expected{"192.0.2.8", 403}, expected{"0.0.0.0", 403}, expected{"[2001:db8::1]", 403},
              expected{"master.example:x", 403}, expected{":80", 403}}) {
            const auto answer =
                co_await ask(with, "GET /healthz HTTP/1.1\r\nHost: " + std::string(it.host) + "\r\n\r\n");
            BOOST_TEST_CONTEXT(it.host) {
                BOOST_TEST(answer.status == it.status);
            }
        }
        const auto nameless = co_await ask(with, "GET /healthz HTTP/1.0\r\n\r\n");
        BOOST_TEST(nameless.status == 200U);
    });
}

BOOST_AUTO_TEST_CASE(the_client) {
    run([](fixture& with) -> awaitable<void> {
        fedasio::dashboard::http_client client(with.rt, {with.address()});
        const auto health = co_await client.get("/healthz");
        BOOST_TEST(health.status == 200U);
        BOOST_TEST(health.body == "ok\n");
        const auto answer = co_await client.post("/api/v1/commands", R"({"command":"pause"})");
        BOOST_TEST(answer.status == 200U);
        fedasio::net::address nowhere = with.address();
        with.server->stop();
        co_await until([&] { return with.server_ended; });
        fedasio::dashboard::http_client lost(with.rt, {nowhere});
        bool failed = false;
        try {
            co_await lost.get("/healthz");
        } catch (const boost::system::system_error& failure) {
            failed = failure.code() == boost::asio::error::connection_refused;
        }
        BOOST_TEST(failed);
    });
}

BOOST_AUTO_TEST_SUITE_END()
