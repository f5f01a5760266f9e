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

BOOST_FIXTURE_TEST_SUITE(dashboard_sessions, guarded)

BOOST_AUTO_TEST_CASE(a_session_ends_and_is_renewed) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto first = co_await log_in(with, of_viewers);
        with.time.advance(std::chrono::hours(80));
        auto page = co_await ask(with, get(with, "/", first));
        BOOST_TEST(page.header("Set-Cookie") == "(none)");
        with.time.advance(std::chrono::hours(10));
        const auto status = co_await ask(with, get(with, "/api/v1/status", first));
        BOOST_TEST(status.header("Set-Cookie") == "(none)");
        page = co_await ask(with, get(with, "/", first));
        BOOST_TEST(page.status == 200U);
        const auto second = cookie_of(page);
        with.time.advance(std::chrono::hours(77));
        auto who = co_await role_of(with, first);
        BOOST_TEST(who == "viewer");
        with.time.advance(std::chrono::hours(1));
        who = co_await role_of(with, first);
        BOOST_TEST(who == "401");
        who = co_await role_of(with, second);
        BOOST_TEST(who == "viewer");
    });
}

BOOST_AUTO_TEST_CASE(a_stream_ends_with_its_session) {
    protection.session_length = 10s; // less than what a silent peer may keep still
    run([](live::fixture& with) -> awaitable<void> {
        const auto cookie = co_await log_in(with, of_viewers);
        raw_connection browser(with);
        co_await browser.connect();
        co_await browser.send(upgrade(with, "/api/v1/stream", cookie + own_origin(with)));
        const auto answer = co_await browser.receive(false);
        BOOST_TEST(answer.status == 101U);
        auto text = co_await browser.receive_message();
        stream_client program(with.rt, {.address = with.address(), .token = of_viewers});
        const auto failed = co_await program.open("/api/v1/stream");
        BOOST_TEST(!failed);
        auto message = co_await program.next();
        with.time.advance(9s);
        with.notice("still there");
        text = co_await browser.receive_message();
        BOOST_TEST(text.find("still there") != std::string::npos);
        with.time.advance(1s);
        text = co_await browser.receive_message();
        BOOST_TEST(text.empty());
        BOOST_TEST(browser.close_code() == 4401U);
        with.time.advance(2s); // it does not answer the close
        co_await until([&] { return with.server->streams() == 1; });
        message = co_await program.next();
        BOOST_TEST(message.text.find("still there") != std::string::npos);
        program.close();
    });
}

BOOST_AUTO_TEST_CASE(a_client_is_told_that_it_is_refused) {
    run([](live::fixture& with) -> awaitable<void> {
        stream_client program(with.rt, {.address = with.address(), .token = "wrong"});
        const auto failed = co_await program.open("/api/v1/stream");
        BOOST_TEST(failed.failed());
        BOOST_TEST(program.refusal() == 401U);
    });
}

BOOST_AUTO_TEST_CASE(pages_from_elsewhere_cannot_use_a_session) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto cookie = co_await log_in(with, of_operators);
        const std::string logged_in = json_type + cookie;
        const auto own = "Origin: http://" + with.host() + "\r\n";
        const auto other_scheme = "Origin: https://" + with.host() + "\r\n";
        const std::string evil = "Origin: http://evil.example\r\n";
        const std::string cross = "Sec-Fetch-Site: cross-site\r\n";
        const std::string same_site = "Sec-Fetch-Site: same-site\r\n";
        struct expected {
            std::string request;
            unsigned status;
        };
        for (const auto& it :
             {expected{post(with, pause_body, logged_in + evil), 403},
              expected{post(with, pause_body, logged_in + cross), 403},
              expected{post(with, pause_body, logged_in + same_site), 403},
              expected{post(with, pause_body, logged_in + other_scheme), 403},
              expected{post(with, pause_body, logged_in + own), 200},
              expected{post(with, pause_body, logged_in), 403},
              expected{post(with, pause_body, logged_in + own + evil), 400},
              expected{post(with, pause_body, json_type + bearer(of_operators) + cookie), 200},
              expected{login(with, "token=" + of_viewers, form_type + cookie), 403},
              expected{login(with, "token=" + of_viewers, form_type + cookie + own), 303},
              expected{upgrade(with, "/api/v1/stream", cookie), 403},
              expected{get(with, "/api/v1/status", cookie), 200},
              expected{get(with, "/api/v1/status", cookie + cross), 403},
              expected{get(with, "/api/v1/status", cookie + "Sec-Fetch-Site: same-origin\r\n"), 200},
              expected{get(with, "/", cookie + cross), 200},
              expected{upgrade(with, "/api/v1/stream", cookie + evil), 403},
              expected{upgrade(with, "/api/v1/stream", cookie + cross), 403}}) {
            const auto answer = co_await ask(with, it.request);
            BOOST_TEST_CONTEXT(it.request) {
                BOOST_TEST(answer.status == it.status);
            }
        }
        BOOST_TEST(with.commands.size() == 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
