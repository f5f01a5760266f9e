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

awaitable<std::string> new_link(live::fixture& with, std::string hours) {
    const auto answer = co_await ask(with, link_request(with, R"({"hours": )" + hours + "}", of_operators));
    BOOST_TEST(answer.status == 200U, answer.body);
    const auto body = fedasio::text::parse_json(answer.body);
    co_return std::string(std::string_view(body.at("link").as_string()));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_links, guarded)

BOOST_AUTO_TEST_CASE(a_link_lets_watch_until_it_is_over) {
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

BOOST_AUTO_TEST_CASE(links_are_for_operators_and_bounded) {
    run([](live::fixture& with) -> awaitable<void> {
        const auto by_viewer = co_await ask(with, link_request(with, R"({"hours": 1})", of_viewers));
        BOOST_TEST(by_viewer.status == 403U);
        for (const auto* wrong : {"{}", R"({"hours": 0})", R"({"hours": 2161})", R"({"hours": "1"})", "["}) {
            const auto refused = co_await ask(with, link_request(with, wrong, of_operators));
            BOOST_TEST(refused.status == 400U, wrong);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
