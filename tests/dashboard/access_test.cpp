#include <fedasio/dashboard/client.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include "samples.hpp"

namespace {

using namespace std::chrono_literals;
using fedasio::dashboard::audit_entry;
using fedasio::dashboard::role;
using fedasio::dashboard::stream_client;
using live::ask;
using live::awaitable;
using live::get;
using live::post;
using live::raw_connection;
using live::response;
using live::until;
using live::upgrade;

constexpr auto json_type = "Content-Type: application/json\r\n";
constexpr auto form_type = "Content-Type: application/x-www-form-urlencoded\r\n";
const std::string pause_body = R"({"command":"pause"})";
const std::string of_operators = "operators-token-0123456789";
const std::string of_viewers = "viewers-token-0123456789ab";

struct guarded : live::fixture {
    std::vector<audit_entry> told;

    guarded() {
        protection.tokens = {of_viewers, of_operators};
        protection.audit = [this](audit_entry entry) { told.push_back(std::move(entry)); };
    }

    // Scenarios get a live::fixture.
    static guarded& of(live::fixture& with) { return static_cast<guarded&>(with); }
};

std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
}

std::string login(const live::fixture& to, const std::string& form, const std::string& headers = form_type) {
    auto text = post(to, form, headers);
    return text.replace(text.find("/api/v1/commands"), 16, "/login");
}

std::string cookie_of(const response& from) {
    const auto line = from.header("Set-Cookie");
    return "Cookie: other=1; " + line.substr(0, line.find(';')) + "; last=2\r\n";
}

std::string own_origin(const live::fixture& of) {
    return "Origin: http://" + of.host() + "\r\n";
}

awaitable<std::string> log_in(live::fixture& with, std::string token) {
    const auto answer = co_await ask(with, get(with, "/?token=" + token));
    BOOST_TEST(answer.status == 303U);
    co_return cookie_of(answer);
}

awaitable<std::string> role_of(live::fixture& with, std::string headers) {
    const auto answer = co_await ask(with, get(with, "/api/v1/session", headers));
    if (answer.status != 200) {
        co_return std::to_string(answer.status);
    }
    const auto body = fedasio::text::parse_json(answer.body).as_object();
    BOOST_TEST(body.at("protected").as_bool());
    co_return std::string(std::string_view(body.at("role").as_string()));
}

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

namespace {

std::string link_request(const live::fixture& to, const std::string& body, const std::string& token) {
    auto text = post(to, body, json_type + bearer(token));
    return text.replace(text.find("/api/v1/commands"), 16, "/api/v1/links");
}

awaitable<std::string> new_link(live::fixture& with, std::string hours) {
    const auto answer = co_await ask(with, link_request(with, R"({"hours": )" + hours + "}", of_operators));
    BOOST_TEST(answer.status == 200U, answer.body);
    const auto body = fedasio::text::parse_json(answer.body);
    co_return std::string(std::string_view(body.at("link").as_string()));
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_link_lets_watch_until_it_is_over, guarded) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto link = co_await new_link(with, "2");
        const auto opened = co_await ask(with, get(with, "/" + link));
        BOOST_TEST(opened.status == 303U);
        BOOST_TEST(opened.header("Location") == "/");
        const auto cookie = cookie_of(opened);
        const auto who = co_await role_of(with, cookie);
        BOOST_TEST(who == "viewer");
        const auto page = co_await ask(with, get(with, "/", cookie));
        BOOST_TEST(page.status == 200U);
        BOOST_TEST(page.header("Set-Cookie") == "(none)"); // it does not go on by being used
        const auto command =
            co_await ask(with, post(with, pause_body, json_type + cookie + own_origin(with)));
        BOOST_TEST(command.status == 403U);
        // Another's cookie is no link, and neither is half of one.
        for (const auto& wrong : {link.substr(0, link.size() - 1),
                                  std::string("?link=viewer.9999999999.link-0.00"), "?link=" + of_viewers}) {
            const auto refused = co_await ask(with, get(with, "/" + wrong));
            BOOST_TEST(refused.status == 401U);
            BOOST_TEST(refused.body.find("This link is over") != std::string::npos);
        }
    });
}

BOOST_FIXTURE_TEST_CASE(links_are_for_operators_and_bounded, guarded) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto by_viewer = co_await ask(with, link_request(with, R"({"hours": 1})", of_viewers));
        BOOST_TEST(by_viewer.status == 403U);
        for (const auto* wrong : {"{}", R"({"hours": 0})", R"({"hours": 2161})", R"({"hours": "1"})", "["}) {
            const auto refused = co_await ask(with, link_request(with, wrong, of_operators));
            BOOST_TEST(refused.status == 400U, wrong);
        }
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
