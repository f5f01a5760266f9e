#include <fedasio/dashboard/client.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "guarded_server.hpp"
#include "samples.hpp"

namespace {

using namespace std::chrono_literals;
using namespace live;
using fedasio::dashboard::role;
using fedasio::dashboard::stream_client;

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_access_limits, guarded)

BOOST_AUTO_TEST_CASE(wrong_tokens_are_rate_limited) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto cookie = co_await log_in(with, of_viewers);
        for (int i = 0; i < 10; ++i) {
            const auto request =
                i % 2 == 0 ? get(with, "/?token=wrong") : get(with, "/metrics", bearer("wrong"));
            const auto answer = co_await ask(with, request);
            BOOST_TEST(answer.status == 401U);
        }
        auto answer = co_await ask(with, get(with, "/?token=wrong"));
        BOOST_TEST(answer.status == 429U);
        BOOST_TEST(answer.header("Retry-After") == "10");
        BOOST_TEST(answer.header("Set-Cookie") == "(none)");
        answer = co_await ask(with, login(with, "token=wrong"));
        BOOST_TEST(answer.status == 429U);
        auto who = co_await role_of(with, bearer("wrong"));
        BOOST_TEST(who == "429");
        who = co_await role_of(with, cookie);
        BOOST_TEST(who == "viewer");
        with.time.advance(10s);
        who = co_await role_of(with, bearer("wrong"));
        BOOST_TEST(who == "401");
        who = co_await role_of(with, bearer("wrong"));
        BOOST_TEST(who == "429");
    });
}

BOOST_AUTO_TEST_CASE(wrong_tokens_keep_no_right_one_out) {
    run([](live::fixture& with) -> awaitable<void> {
        std::string who;
        for (int i = 0; i < 11; ++i) {
            who = co_await role_of(with, bearer("wrong"));
        }
        BOOST_TEST(who == "429");
        who = co_await role_of(with, bearer(of_operators));
        BOOST_TEST(who == "operator");
        const auto cookie = co_await log_in(with, of_viewers);
        who = co_await role_of(with, cookie);
        BOOST_TEST(who == "viewer");
        const auto form = co_await ask(with, login(with, "token=" + of_operators));
        BOOST_TEST(form.status == 303U);
        who = co_await role_of(with, bearer("wrong"));
        BOOST_TEST(who == "429");
    });
}

BOOST_AUTO_TEST_CASE(commands_are_rate_limited) {
    run([](live::fixture& with) -> awaitable<void> {
        raw_connection hasty(with);
        co_await hasty.connect();
        response answer;
        for (int i = 0; i < 31; ++i) {
            co_await hasty.send(post(with, pause_body, json_type + bearer(of_operators)));
            answer = co_await hasty.receive();
            BOOST_TEST(answer.status == (i < 30 ? 200U : 429U));
        }
        BOOST_TEST(answer.header("Retry-After") == "1");
        BOOST_TEST(answer.body.starts_with(R"({"accepted":false,"reason":"too many commands)"));
        BOOST_TEST(with.commands.size() == 30U);
        // Another session has an allowance of its own.
        const auto cookie = co_await log_in(with, of_operators);
        answer = co_await ask(with, post(with, pause_body, json_type + cookie + own_origin(with)));
        BOOST_TEST(answer.status == 200U);
        with.time.advance(500ms);
        answer = co_await ask(with, post(with, pause_body, json_type + bearer(of_operators)));
        BOOST_TEST(answer.status == 200U);
        answer = co_await ask(with, post(with, pause_body, json_type + bearer(of_operators)));
        BOOST_TEST(answer.status == 429U);
        BOOST_TEST(of(with).told.back().status == 429U);
    });
}

BOOST_AUTO_TEST_CASE(what_is_written_down) {
    run([](live::fixture& with) -> awaitable<void> {
        auto& told = of(with).told;
        const auto cookie = co_await log_in(with, of_operators);
        BOOST_TEST(told.back().action == "login");
        BOOST_TEST((told.back().who == role::operates));
        BOOST_TEST(told.back().session == "0000000000005c0f");
        BOOST_TEST(told.back().address.starts_with("127.0.0.1:"));
        BOOST_TEST(told.back().status == 303U);
        BOOST_TEST(told.back().time == 1000);
        const auto logged_in = json_type + cookie + own_origin(with);
        co_await ask(with, post(with, pause_body, logged_in));
        BOOST_TEST(told.back().action == "command");
        BOOST_TEST(told.back().what == pause_body);
        BOOST_TEST(told.back().session == "0000000000005c0f");
        BOOST_TEST(told.back().answer == R"({"accepted":true,"message":"said"})");
        co_await ask(with, post(with, R"({"command":"dance"})", json_type + bearer(of_operators)));
        BOOST_TEST(told.back().status == 400U);
        BOOST_TEST(told.back().session == "token");
        co_await ask(with, post(with, pause_body, json_type + bearer(of_viewers)));
        BOOST_TEST(told.back().status == 403U);
        BOOST_TEST((told.back().who == role::viewer));
        co_await ask(with, post(with, std::string(5000, 'x'), logged_in));
        BOOST_TEST(told.back().what.size() < 1100U);
        co_await ask(with, login(with, "token=secret"));
        BOOST_TEST(told.back().action == "login");
        BOOST_TEST(told.back().status == 401U);
        BOOST_TEST(!told.back().who.has_value());
        co_await ask(with, post(with, pause_body, json_type + cookie + "Origin: http://evil.example\r\n"));
        BOOST_TEST(told.back().action == "refused");
        BOOST_TEST(told.back().status == 403U);
        BOOST_TEST((told.back().who == role::operates));
        BOOST_TEST(told.back().session == "0000000000005c0f");
        const auto before = told.size();
        co_await ask(with, get(with, "/api/v1/status", cookie));
        co_await ask(with, get(with, "/api/v1/status"));
        BOOST_TEST(told.size() == before);
        for (const auto& entry : told) {
            for (const auto& text : {entry.what, entry.answer, entry.session}) {
                BOOST_TEST(text.find(of_operators) == std::string::npos);
                BOOST_TEST(text.find("secret") == std::string::npos);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_flood_of_refusals_is_told_in_part) {
    run([](live::fixture& with) -> awaitable<void> {
        auto& told = of(with).told;
        raw_connection noisy(with);
        co_await noisy.connect();
        for (int i = 0; i < 150; ++i) {
            co_await noisy.send(post(with, "", json_type));
            const auto answer = co_await noisy.receive();
            BOOST_TEST(answer.status == 401U);
        }
        BOOST_TEST(told.size() == 100U);
        with.time.advance(1s);
        co_await ask(with, post(with, "", json_type));
        BOOST_TEST(told.size() == 101U);
        BOOST_TEST(told.back().left_out == 50U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
