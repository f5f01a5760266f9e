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

BOOST_FIXTURE_TEST_SUITE(dashboard_access, guarded)

BOOST_AUTO_TEST_CASE(a_stranger_gets_the_login_page_and_nothing_else) {
    run([](live::fixture& with) -> awaitable<void> {
        with.events.publish(samples::opened());
        for (const auto* path : {"/", "/index.html", "/?x=1"}) {
            const auto page = co_await ask(with, get(with, path));
            BOOST_TEST(page.status == 401U);
            BOOST_TEST(page.header("Content-Type") == "text/html; charset=utf-8");
            BOOST_TEST(page.body.find("action=\"/login\"") != std::string::npos);
            BOOST_TEST(page.header("Cache-Control") == "no-store");
            const auto policy = page.header("Content-Security-Policy");
            for (const auto* rule : {"default-src 'none'", "style-src 'sha256-", "form-action 'self'",
                                     "frame-ancestors 'none'", "base-uri 'none'"}) {
                BOOST_TEST(policy.find(rule) != std::string::npos, policy);
            }
            BOOST_TEST(policy.find("script-src") == std::string::npos);
        }
        for (const auto* path :
             {"/app.js", "/metrics", "/nothing", "/api/v1/status", "/api/v1/workers", "/api/v1/clients",
              "/api/v1/rounds", "/api/v1/plan", "/api/v1/events", "/api/v1/runs", "/api/v1/session",
              "/api/v1/commands", "/api/v1/stream", "//", "/index.html/", "/healthz/"}) {
            const auto answer = co_await ask(with, get(with, path));
            BOOST_TEST_CONTEXT(path) {
                BOOST_TEST(answer.status == 401U);
                BOOST_TEST(answer.header("WWW-Authenticate") == "Bearer realm=\"fedasio\"");
                BOOST_TEST(answer.body.starts_with(R"({"error":"this needs a token)"), answer.body);
            }
        }
        const auto health = co_await ask(with, get(with, "/healthz"));
        BOOST_TEST(health.status == 200U);
        BOOST_TEST(health.body == "ok\n");
        const auto command = co_await ask(with, post(with, pause_body, json_type));
        BOOST_TEST(command.status == 401U);
        const auto stream = co_await ask(with, upgrade(with, "/api/v1/stream"));
        BOOST_TEST(stream.status == 401U);
        const auto page_as_stream = co_await ask(with, upgrade(with, "/"));
        BOOST_TEST(page_as_stream.status == 401U);
        BOOST_TEST(with.commands.empty());
        BOOST_TEST(of(with).told.size() == 1U);
        BOOST_TEST(of(with).told.at(0).action == "refused");
        BOOST_TEST(of(with).told.at(0).what == "POST /api/v1/commands");
    });
}

BOOST_AUTO_TEST_CASE(a_strangers_body_is_not_read) {
    run([](live::fixture& with) -> awaitable<void> {
        raw_connection stranger(with);
        co_await stranger.connect();
        co_await stranger.send("POST /api/v1/commands HTTP/1.1\r\nHost: " + with.host() +
                               "\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n");
        const auto answer = co_await stranger.receive();
        BOOST_TEST(answer.status == 401U);
        BOOST_TEST(answer.header("Connection") == "close");
        const auto long_form = co_await ask(with, login(with, "token=" + std::string(1024, 'x')));
        BOOST_TEST(long_form.status == 413U);
        const auto chunked =
            co_await ask(with, "POST /login HTTP/1.1\r\nHost: " + with.host() + "\r\n" + form_type +
                                   "Transfer-Encoding: chunked\r\n\r\n800\r\n" + std::string(0x800, 'x'));
        BOOST_TEST(chunked.status == 413U);
    });
}

BOOST_AUTO_TEST_CASE(a_token_in_the_address_becomes_a_session) {
    run([](live::fixture& with) -> awaitable<void> {
        for (const auto& [token, name] :
             {std::pair(of_operators, "operator"), std::pair(of_viewers, "viewer")}) {
            const auto answer = co_await ask(with, get(with, "/?token=" + token));
            BOOST_TEST(answer.status == 303U);
            BOOST_TEST(answer.header("Location") == "/");
            BOOST_TEST(answer.header("Referrer-Policy") == "no-referrer");
            const auto cookie = answer.header("Set-Cookie");
            BOOST_TEST(cookie.starts_with("fedasio-" + std::to_string(with.address().port) + "="), cookie);
            BOOST_TEST(cookie.ends_with("; Max-Age=604800; Path=/; HttpOnly; SameSite=Strict"), cookie);
            BOOST_TEST(cookie.find(token) == std::string::npos);
            const auto who = co_await role_of(with, cookie_of(answer));
            BOOST_TEST(who == name);
            const auto page = co_await ask(with, get(with, "/", cookie_of(answer)));
            BOOST_TEST(page.status == 200U);
            BOOST_TEST(page.header("Set-Cookie") == "(none)");
        }
        const auto wrong = co_await ask(with, get(with, "/?token=" + of_viewers + "x"));
        BOOST_TEST(wrong.status == 401U);
        BOOST_TEST(wrong.header("Set-Cookie") == "(none)");
        BOOST_TEST(wrong.body.find("not one of this master") != std::string::npos);
        const auto elsewhere = co_await ask(with, get(with, "/api/v1/status?token=" + of_viewers));
        BOOST_TEST(elsewhere.status == 401U);
    });
}

BOOST_AUTO_TEST_CASE(the_login_form) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto good = co_await ask(with, login(with, "x=1&token=++" + of_operators + "+"));
        BOOST_TEST(good.status == 303U);
        const auto who = co_await role_of(with, cookie_of(good));
        BOOST_TEST(who == "operator");
        struct expected {
            std::string form;
            std::string headers;
            unsigned status;
        };
        const std::string right = "token=" + of_operators;
        const auto origin = "Origin: http://" + with.host() + "\r\n";
        for (const auto& it :
             {expected{"token=", form_type, 401}, expected{"", form_type, 401},
              expected{"token=" + of_operators.substr(1), form_type, 401}, expected{right, json_type, 415},
              expected{right, "", 415}, expected{right, form_type + origin, 303},
              expected{right, form_type + std::string("Sec-Fetch-Site: none\r\n"), 303},
              expected{right, form_type + std::string("Origin: null\r\n"), 403},
              expected{right, form_type + std::string("Origin: http://evil.example\r\n"), 403},
              expected{right, form_type + std::string("Sec-Fetch-Site: same-site\r\n"), 403},
              expected{right, form_type + std::string("Sec-Fetch-Site: cross-site\r\n"), 403}}) {
            const auto answer = co_await ask(with, login(with, it.form, it.headers));
            BOOST_TEST_CONTEXT(it.form << " " << it.headers) {
                BOOST_TEST(answer.status == it.status);
                BOOST_TEST((answer.header("Set-Cookie") != "(none)") == (it.status == 303));
            }
        }
        const auto read = co_await ask(with, get(with, "/login"));
        BOOST_TEST(read.status == 405U);
        BOOST_TEST(read.header("Allow") == "POST");
    });
}

BOOST_AUTO_TEST_CASE(roles) {
    run([](live::fixture& with) -> awaitable<void> {
        for (const bool by_cookie : {false, true}) {
            std::string viewer = bearer(of_viewers);
            std::string operating = bearer(of_operators);
            if (by_cookie) {
                viewer = co_await log_in(with, of_viewers);
                operating = co_await log_in(with, of_operators);
                viewer += own_origin(with);
                operating += own_origin(with);
            }
            for (const auto* path : {"/", "/app.js", "/metrics", "/api/v1/status", "/api/v1/plan"}) {
                const auto answer = co_await ask(with, get(with, path, viewer));
                BOOST_TEST(answer.status == 200U);
            }
            const auto before = with.commands.size();
            const auto refused = co_await ask(with, post(with, pause_body, json_type + viewer));
            BOOST_TEST(refused.status == 403U);
            BOOST_TEST(refused.body.starts_with(R"({"accepted":false,"reason":"you are here as a viewer)"));
            BOOST_TEST(with.commands.size() == before);
            const auto accepted = co_await ask(with, post(with, pause_body, json_type + operating));
            BOOST_TEST(accepted.status == 200U);
            BOOST_TEST(with.commands.size() == before + 1);
        }
        for (const auto* wrong : {"Authorization: Basic b3BlcmF0b3I6eA==\r\n", "Authorization: Bearer\r\n",
                                  "Authorization: Bearer \r\n", "Cookie: fedasio=1\r\n"}) {
            const auto who = co_await role_of(with, wrong);
            BOOST_TEST(who == "401");
        }
        // A wrong token is not made good by a session beside it.
        const auto cookie = co_await log_in(with, of_operators);
        const auto who = co_await role_of(with, bearer("wrong") + cookie);
        BOOST_TEST(who == "401");
    });
}

BOOST_AUTO_TEST_CASE(forged_cookies) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto good = co_await log_in(with, of_viewers);
        auto who = co_await role_of(with, good);
        BOOST_TEST(who == "viewer");
        const auto with_changed = [&good](const std::string& what, const std::string& into) {
            auto text = good;
            return text.replace(text.find(what), what.size(), into);
        };
        const auto expires = std::to_string(1000 + 604800);
        for (const auto& forged :
             {with_changed("=viewer.", "=operator."), with_changed(expires, "9" + expires),
              with_changed(expires, expires + "x"), with_changed("." + expires + ".", "."),
              with_changed("0000000000005c0f.", "0000000000005c0e."), with_changed("; last", "0; last"),
              with_changed("=viewer", "=VIEWER")}) {
            who = co_await role_of(with, forged);
            BOOST_TEST(who == "401");
        }
        // One that an attacker has set beside it does not push it out.
        const auto name = good.substr(good.find("fedasio-"), good.find("=viewer") - good.find("fedasio-"));
        who = co_await role_of(with, "Cookie: " + name + "=x; " + good.substr(8));
        BOOST_TEST(who == "viewer");
    });
}

BOOST_AUTO_TEST_CASE(what_a_session_may_do_is_read_only) {
    run([](live::fixture& with) -> awaitable<void> {
        const std::string place = " /api/v1/session HTTP/1.1\r\nHost: " + with.host() + "\r\n";
        raw_connection asking(with);
        co_await asking.connect();
        co_await asking.send("HEAD" + place + bearer(of_viewers) + "\r\n");
        const auto head = co_await asking.receive(false);
        BOOST_TEST(head.status == 200U);
        co_await asking.send("POST" + place + bearer(of_viewers) + "\r\n");
        const auto written = co_await asking.receive();
        BOOST_TEST(written.status == 405U);
        BOOST_TEST(written.header("Allow") == "GET, HEAD");
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dashboard_without_tokens, live::fixture)

BOOST_AUTO_TEST_CASE(everyone_operates) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto session = co_await ask(with, get(with, "/api/v1/session"));
        BOOST_TEST(session.body == R"({"role":"operator","protected":false})");
        const auto page = co_await ask(with, get(with, "/?token=abc"));
        BOOST_TEST(page.status == 200U);
        const auto form = co_await ask(with, login(with, "token=abc"));
        BOOST_TEST(form.status == 404U);
    });
}

BOOST_FIXTURE_TEST_CASE(without_tokens_there_is_nothing_to_link_to, live::fixture) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto answer = co_await ask(with, link_request(with, R"({"hours": 1})", "any"));
        BOOST_TEST(answer.status == 409U);
    });
}

BOOST_FIXTURE_TEST_CASE(pages_that_are_named_may_show_it_in_a_frame, live::fixture) {
    protection.embedders = {"http://localhost:8888", "https://hub.example.org"};
    run([](live::fixture& with) -> awaitable<void> {
        const auto page = co_await ask(with, get(with, "/"));
        BOOST_TEST(page.header("X-Frame-Options") == "(none)");
        BOOST_TEST(page.header("Content-Security-Policy")
                       .ends_with("; frame-ancestors http://localhost:8888 https://hub.example.org"));
    });
}

BOOST_AUTO_TEST_SUITE_END()
