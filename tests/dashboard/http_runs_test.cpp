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

using fedasio::dashboard::archive_answer;

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_runs, fixture)

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
              expected{"models", 200, "15  0 "}, expected{"models/a/b", 404, "nothing"}}) {
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

BOOST_AUTO_TEST_SUITE_END()
