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

BOOST_AUTO_TEST_CASE(past_runs) {
    archive = [](fedasio::dashboard::archive_question what) -> awaitable<std::optional<archive_answer>> {
        if (what.run == "dead") {
            throw std::runtime_error("the disk is gone");
        }
        if (what.run == "0") {
            co_return std::nullopt;
        }
        archive_answer answer{std::to_string(static_cast<int>(what.what)) + " " + what.run + " " +
                              std::to_string(what.round) + " " + std::to_string(what.index) + " " +
                              what.name};
        if (what.what == fedasio::dashboard::archive_question::kind::model) {
            answer.file = "a.safetensors";
        }
        co_return answer;
    };
    run([](fixture& with) -> awaitable<void> {
        struct expected {
            const char* path;
            unsigned status;
            const char* body;
        };
        for (const auto& it :
             {expected{"", 200, "0  0"}, expected{"/12ab", 200, "1 12ab 0"},
              expected{"/12ab/rounds", 200, "2 12ab 0"}, expected{"/12ab/rounds/7/clients", 200, "3 12ab 7"},
              expected{"/12ab/rounds/7/tests", 200, "8 12ab 7"}, expected{"/12ab/report", 200, "4 12ab 0"},
              expected{"/0", 404, "no such thing"}, expected{"/dead", 500, "the disk is gone"},
              expected{"/", 404, "nothing"}, expected{"/12ab/", 404, "nothing"},
              expected{"/../x", 404, "nothing"}, expected{"/12ab/rounds/7", 404, "nothing"},
              expected{"/12ab/rounds/4294967296/clients", 404, "nothing"},
              expected{"/12ab/rounds/7/clients/", 404, "nothing"},
              expected{"/a/b/c/d/e/f/g/h", 404, "nothing"}}) {
            const auto answer = co_await ask(with, get(with, std::string("/api/v1/runs") + it.path));
            BOOST_TEST_CONTEXT(it.path) {
                BOOST_TEST(answer.status == it.status);
                BOOST_TEST(answer.body.find(it.body) != std::string::npos, answer.body);
            }
        }
        const auto written = co_await ask(with, "POST /api/v1/runs HTTP/1.1\r\nHost: " + with.host() +
                                                    "\r\nContent-Length: 0\r\n\r\n");
        BOOST_TEST(written.status == 405U);
    });
}

BOOST_AUTO_TEST_CASE(what_is_asked_of_the_present_run) {
    archive = [](fedasio::dashboard::archive_question what) -> awaitable<std::optional<archive_answer>> {
        archive_answer answer{std::to_string(static_cast<int>(what.what)) + " " + what.run + " " +
                              std::to_string(what.index) + " " + what.name};
        if (what.what == fedasio::dashboard::archive_question::kind::model) {
            answer.file = "a.safetensors";
        }
        co_return answer;
    };
    run([](fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        struct expected {
            const char* path;
            unsigned status;
            const char* body;
        };
        for (const auto& it :
             {expected{"report", 200, "4 5c0f 0 "}, expected{"samples/17", 200, "5  17 "},
              expected{"samples/", 404, "nothing"}, expected{"samples/-1", 404, "nothing"},
              expected{"samples/4294967296", 404, "nothing"}, expected{"samples/1/2", 404, "nothing"},
              expected{"model", 200, "6  0 "}, expected{"models/best", 200, "7  0 best"},
              expected{"models/..%2fx", 404, "nothing"}, expected{"models/.x", 404, "nothing"},
              expected{"models", 404, "nothing"}, expected{"models/a/b", 404, "nothing"}}) {
            const auto answer = co_await ask(with, get(with, std::string("/api/v1/") + it.path));
            BOOST_TEST_CONTEXT(it.path) {
                BOOST_TEST(answer.status == it.status);
                BOOST_TEST(answer.body.find(it.body) != std::string::npos, answer.body);
            }
        }
        const auto file = co_await ask(with, get(with, "/api/v1/model"));
        BOOST_TEST(file.header("Content-Type") == "application/octet-stream");
        BOOST_TEST(file.header("Content-Disposition") == "attachment; filename=\"a.safetensors\"");
    });
}

BOOST_AUTO_TEST_CASE(plans_are_checked_for_an_editor) {
    run([](fixture& with) -> awaitable<void> {
        const auto post = [&with](const std::string& body) {
            return "POST /api/v1/plan/check HTTP/1.1\r\nHost: " + with.host() +
                   "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        };
        const auto wrong = co_await ask(with, post("{\n \"rounds\": 3,\n \"fractoin\": 1}"));
        BOOST_TEST(wrong.status == 200U);
        BOOST_TEST(
            wrong.body.find(R"({"ok":false,"line":3,"column":2,"path":"fractoin","message":"unknown key)") !=
                std::string::npos,
            wrong.body);
        const auto sound = co_await ask(
            with,
            post(
                R"({"rounds": 3, "model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
                           "data": {"source": {"type": "csv", "label": "x"}, "partition": {"scheme": "local"}}})"));
        BOOST_TEST(sound.body.starts_with(R"({"ok":true,"plan_digest":")"), sound.body);
        BOOST_TEST(sound.body.find(R"("plan":{"name":"plan","seed":1)") != std::string::npos, sound.body);
        const auto read = co_await ask(with, get(with, "/api/v1/plan/check"));
        BOOST_TEST(read.status == 405U);
        const auto schema = co_await ask(with, get(with, "/api/v1/plan/schema"));
        BOOST_TEST(schema.body.starts_with(R"({"type":"object")"), schema.body.substr(0, 100));
    });
}

namespace {

/// The rounds from `first` on, as an array.
std::string rounds_from(std::uint32_t first, std::uint32_t last) {
    std::string text;
    for (auto round = first; round <= last; ++round) {
        text += (text.empty() ? "[" : ",") + fedasio::text::canonical_text(to_json(samples::result(round)));
    }
    return text + "]";
}

constexpr auto remembered = static_cast<std::uint32_t>(fedasio::dashboard::board_limits{}.rounds);

awaitable<std::string> rounds_after_many(fixture& with) {
    with.events.publish(samples::opened());
    for (std::uint32_t round = 1; round <= remembered + 2; ++round) {
        with.events.publish(fedasio::master::round_finished{samples::result(round)});
    }
    const auto answer = co_await ask(with, get(with, "/api/v1/rounds"));
    BOOST_TEST(answer.status == 200U);
    co_return answer.body;
}

} // namespace

BOOST_AUTO_TEST_CASE(rounds_that_memory_no_longer_has_come_from_the_archive) {
    archive = [](fedasio::dashboard::archive_question what) -> awaitable<std::optional<archive_answer>> {
        BOOST_TEST((what.what == fedasio::dashboard::archive_question::kind::rounds));
        BOOST_TEST(what.run == "5c0f");
        BOOST_TEST(what.before == 3U);
        co_return archive_answer{rounds_from(1, 2)};
    };
    run([](fixture& with) -> awaitable<void> {
        const auto body = co_await rounds_after_many(with);
        BOOST_TEST((body == rounds_from(1, remembered + 2)));
    });
}

namespace {

awaitable<void> expect_the_latest(fixture& with) {
    const auto body = co_await rounds_after_many(with);
    BOOST_TEST((body == rounds_from(3, remembered + 2)));
    const auto status = co_await ask(with, get(with, "/api/v1/status"));
    BOOST_TEST(status.body.find(R"("rounds_forgotten":2)") != std::string::npos);
}

} // namespace

BOOST_AUTO_TEST_CASE(an_archive_that_cannot_be_read_costs_the_older_rounds_only) {
    archive = [](fedasio::dashboard::archive_question) -> awaitable<std::optional<archive_answer>> {
        throw std::runtime_error("the disk is gone");
        co_return std::nullopt;
    };
    run(expect_the_latest);
}

BOOST_AUTO_TEST_CASE(without_an_archive_the_latest_rounds_are_told) {
    run(expect_the_latest);
}

BOOST_AUTO_TEST_CASE(a_server_without_an_archive_knows_no_runs) {
    run([](fixture& with) -> awaitable<void> {
        const auto answer = co_await ask(with, get(with, "/api/v1/runs"));
        BOOST_TEST(answer.status == 404U);
    });
}

BOOST_AUTO_TEST_CASE(what_people_say_of_a_run_is_checked_before_it_is_kept) {
    archive = [](fedasio::dashboard::archive_question what) -> awaitable<std::optional<archive_answer>> {
        if (what.what != fedasio::dashboard::archive_question::kind::label || what.run != "5c0f") {
            co_return std::nullopt;
        }
        co_return archive_answer{what.labels};
    };
    run([](fixture& with) -> awaitable<void> {
        const auto say = [&](const std::string& run, const std::string& body,
                             const std::string& type = "application/json") {
            return ask(with, "POST /api/v1/runs/" + run + "/labels HTTP/1.1\r\nHost: " + with.host() +
                                 "\r\nContent-Type: " + type +
                                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        };
        const auto kept = co_await say("5c0f", R"({"tags": ["a"], "note": "one\ntwo", "pinned": true})");
        BOOST_TEST(kept.status == 200U);
        BOOST_TEST(kept.body == R"({"name":"","note":"one\ntwo","tags":["a"],"pinned":true})");
        const auto plain = co_await say("5c0f", "{}");
        BOOST_TEST(plain.body == R"({"name":"","note":"","tags":[],"pinned":false})");
        const auto missing = co_await say("5c0e", "{}");
        BOOST_TEST(missing.status == 404U);
        const auto no_json = co_await say("5c0f", "{}", "text/plain");
        BOOST_TEST(no_json.status == 415U);
        for (const auto& bad :
             {std::string("[]"), std::string("{"), std::string(R"({"name": 1})"),
              R"({"name": ")" + std::string(101, 'a') + R"("})", std::string(R"({"note": "\u0001"})"),
              std::string(R"({"tags": [""]})"), std::string(R"({"colour": "red"})")}) {
            const auto answer = co_await say("5c0f", bad);
            BOOST_TEST(answer.status == 400U, bad);
            BOOST_TEST(answer.body.starts_with(R"({"error":)"), answer.body);
        }
    });
}

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
