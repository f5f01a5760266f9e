#include <fedasio/dashboard/public_origin.hpp>
#include <fedasio/net/counted_address.hpp>

#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include <stdexcept>

namespace {

using fedasio::dashboard::audit_entry;
using fedasio::dashboard::public_origin;
using live::ask;
using live::awaitable;
using live::get;
using live::post;
using live::upgrade;

constexpr auto json_type = "Content-Type: application/json\r\n";
const std::string pause_body = R"({"command":"pause"})";
const std::string token = "operators-token-0123456789";

struct behind_a_proxy : live::fixture {
    std::vector<audit_entry> told;

    behind_a_proxy() {
        protection.tokens = {"viewers-token-0123456789ab", token};
        protection.origins = {public_origin::parse("https://fl.example.org/training")};
        protection.audit = [this](audit_entry entry) { told.push_back(std::move(entry)); };
    }

    static behind_a_proxy& of(live::fixture& with) { return static_cast<behind_a_proxy&>(with); }
};

std::string with_host(std::string request, const live::fixture& from, const std::string& host) {
    return request.replace(request.find(from.host()), from.host().size(), host);
}

std::string bearer() {
    return "Authorization: Bearer " + token + "\r\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_public_origin)

BOOST_AUTO_TEST_CASE(what_is_understood) {
    struct expected {
        const char* url;
        const char* origin;
        const char* page;
    };

    for (const auto& it :
         {expected{"https://fl.example.org", "https://fl.example.org", "https://fl.example.org/"},
          expected{"https://FL.example.org:443/", "https://fl.example.org", "https://fl.example.org/"},
          expected{"https://a:8443/x/y-1/", "https://a:8443", "https://a:8443/x/y-1/"},
          expected{"https://[2001:db8::1]:443", "https://[2001:db8::1]", "https://[2001:db8::1]/"},
          expected{"http://a:443", "http://a:443", "http://a:443/"},
          expected{"http://a:80/x", "http://a", "http://a/x/"}}) {
        const auto found = public_origin::parse(it.url);
        BOOST_TEST(found.origin() == it.origin);
        BOOST_TEST(found.url() == it.page);
    }
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
    for (const auto* url : {"", "fl.example.org", "ftp://a", "https://", "https://a?b", "https://a#b",
                            "https://u@a", "https://a:b", "https://a:0", "https://a//b", "https://a/../b",
                            "https://a/b c", "https://a/\"b", "https://b\xc3\xbc.example", "https://a b",
                            "https://a/api", "https://a/login/x", "https://a/metrics"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_EXCEPTION(public_origin::parse(url), std::invalid_argument, [](const auto& problem) {
                return std::string(problem.what()).find("https://fl.example.org") != std::string::npos;
            });
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dashboard_behind_a_proxy, behind_a_proxy)

BOOST_AUTO_TEST_CASE(the_prefix_may_be_left_or_taken_off) {
    run([](live::fixture& with) -> awaitable<void> {
        for (const auto* path : {"/?token=", "/training/?token="}) {
            const auto answer = co_await ask(with, get(with, path + token));
            BOOST_TEST(answer.status == 303U);
            BOOST_TEST(answer.header("Location") == "/training/");
            const auto cookie = answer.header("Set-Cookie");
            BOOST_TEST(cookie.starts_with("__Secure-fedasio-"), cookie);
            BOOST_TEST(cookie.ends_with("; Path=/training/; HttpOnly; SameSite=Strict; Secure"), cookie);
            const auto session =
                co_await ask(with, get(with, "/training/api/v1/session",
                                       "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n"));
            BOOST_TEST(session.status == 200U);
        }
        const auto page = co_await ask(with, get(with, "/training/"));
        BOOST_TEST(page.status == 401U);
        BOOST_TEST(page.body.find("action=\"/training/login\"") != std::string::npos);
        const auto bare = co_await ask(with, get(with, "/training?token=x"));
        BOOST_TEST(bare.status == 308U);
        BOOST_TEST(bare.header("Location") == "/training/?token=x");
        for (const auto* path : {"/trainingapi/v1/session", "/training/training/api/v1/session", "/other/"}) {
            const auto answer = co_await ask(with, get(with, path, bearer()));
            BOOST_TEST(answer.status == 404U, path);
        }
    });
}

BOOST_AUTO_TEST_CASE(pages_of_that_origin_alone) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto command = [&](const std::string& headers) {
            return post(with, pause_body, json_type + bearer() + headers);
        };
        const std::string own = "Origin: https://fl.example.org\r\n";
        struct expected {
            std::string request;
            unsigned status;
        };
        for (const auto& it :
             {expected{command(own), 200}, expected{with_host(command(own), with, "fl.example.org"), 200},
              expected{with_host(command(own), with, "fl.example.org:8080"), 200},
              expected{command(""), 200}, // a program
              expected{command("Origin: http://fl.example.org\r\n"), 403},
              expected{with_host(command("Origin: http://fl.example.org\r\n"), with, "fl.example.org"), 403},
              expected{command("Origin: https://fl.example.org:8443\r\n"), 403},
              expected{command("Origin: https://evil.example\r\n"), 403},
              expected{command("Origin: https://fl.example.org.evil.example\r\n"), 403},
              expected{command("Origin: http://" + with.host() + "\r\n"), 403},
              expected{command("Origin: null\r\n"), 403},
              expected{command("Sec-Fetch-Site: cross-site\r\n"), 403},
              expected{
                  upgrade(with, "/training/api/v1/stream", bearer() + "Origin: https://evil.example\r\n"),
                  403},
              expected{get(with, "/api/v1/status", bearer() + own + "Sec-Fetch-Site: same-origin\r\n"), 200},
              expected{get(with, "/api/v1/status", bearer() + "Sec-Fetch-Site: cross-site\r\n"), 403},
              expected{with_host(command(own), with, "evil.example"), 403}}) {
            const auto answer = co_await ask(with, it.request);
            BOOST_TEST_CONTEXT(it.request) {
                BOOST_TEST(answer.status == it.status);
                BOOST_TEST((it.status != 403 || answer.body.find("--dashboard-origin") != std::string::npos));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(limits_are_for_who_is_behind_the_proxy) {
    options.max_connections_of_one = 1;
    run([](live::fixture& with) -> awaitable<void> {
        const auto wrong = [&](const std::string& from) {
            return get(with, "/metrics", "Authorization: Bearer wrong\r\nX-Forwarded-For: " + from + "\r\n");
        };
        for (int i = 0; i < 11; ++i) {
            const auto answer = co_await ask(with, wrong("198.51.100.1, 203.0.113.7, 127.0.0.1"));
            BOOST_TEST(answer.status == (i < 10 ? 401U : 429U));
        }
        BOOST_TEST(of(with).told.back().address == "203.0.113.7");
        for (const auto* other : {"203.0.113.8:443", "2001:db8::1", "[2001:db8:1::1]:9"}) {
            const auto answer = co_await ask(with, wrong(other));
            BOOST_TEST(answer.status == 401U);
        }
        BOOST_TEST(of(with).told.back().address == "[2001:db8:1::1]");
        const auto nonsense = co_await ask(with, wrong("unknown"));
        BOOST_TEST(nonsense.status == 401U);
        BOOST_TEST(of(with).told.back().address.starts_with("127.0.0.1:"));
        live::raw_connection first(with);
        co_await first.connect();
        live::raw_connection second(with);
        co_await second.connect();
        co_await second.send(get(with, "/healthz"));
        const auto answer = co_await second.receive();
        BOOST_TEST(answer.status == 200U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dashboard_behind_no_proxy, live::fixture)

BOOST_AUTO_TEST_CASE(what_others_forwarded_is_not_believed) {
    protection.tokens = {"viewers-token-0123456789ab", token};
    run([](live::fixture& with) -> awaitable<void> {
        for (int i = 0; i < 11; ++i) {
            const auto answer =
                co_await ask(with, get(with, "/metrics",
                                       "Authorization: Bearer wrong\r\nX-Forwarded-For: 203.0.113." +
                                           std::to_string(i) + "\r\n"));
            BOOST_TEST(answer.status == (i < 10 ? 401U : 429U));
        }
    });
}

BOOST_AUTO_TEST_CASE(a_name_that_it_was_told_counts_on_loopback_too) {
    protection.names = {"fl.example.org"};
    run([](live::fixture& with) -> awaitable<void> {
        auto answer = co_await ask(with, "GET /healthz HTTP/1.1\r\nHost: fl.example.org:8080\r\n\r\n");
        BOOST_TEST(answer.status == 200U);
        answer = co_await ask(with, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        BOOST_TEST(answer.status == 403U);
        BOOST_TEST(answer.body.find("--dashboard-origin") != std::string::npos);
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(an_address_without_a_port_counts_alike) {
    using fedasio::net::counted_address;
    BOOST_TEST(counted_address("203.0.113.7") == "203.0.113.7");
    BOOST_TEST(counted_address("[2001:db8::1]") == counted_address("[2001:db8::2]:443"));
}
