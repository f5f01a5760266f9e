#include <fedasio/dashboard/routes.hpp>

#include <boost/test/unit_test.hpp>

#include "live_server.hpp"
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

// docs/api.md between "<!-- described: routes -->" and "<!-- end -->" is what the table of routes says.
// `FEDASIO_WRITE_PAGES=1 build/release/tests/dashboard/test_dashboard -t dashboard_routes` writes it anew.

namespace {

using fedasio::dashboard::access;
using fedasio::dashboard::all_routes;
using fedasio::dashboard::route;
using live::ask;
using live::awaitable;
using live::fixture;
using live::get;

const std::string of_operators = "operators-token-0123456789";
const std::string of_viewers = "viewers-token-0123456789ab";

struct guarded : fixture {
    guarded() { protection.tokens = {of_viewers, of_operators}; }
};

std::string table() {
    std::string text = "| request | for | body | answer |\n| --- | --- | --- | --- |\n";
    for (const auto& one : all_routes()) {
        const std::string needs = one.needs == access::anyone      ? "anyone"
                                  : one.needs == access::operators ? "operators"
                                                                   : "viewers";
        text += "| `" + std::string(one.method) + " " + std::string(one.path) + std::string(one.query) +
                "` | " + needs + " | " +
                (one.body_bytes == 0 ? std::string() : std::to_string(one.body_bytes / 1024) + " KiB ") +
                "| " + std::string(one.sentence) + " |\n";
    }
    return text;
}

/// With something in the place of what stands for others.
std::string example(std::string_view path) {
    std::string text(path);
    for (const auto& [mark, value] :
         {std::pair{"RUN", "5c0f"}, std::pair{"NAME", "best"}, std::pair{"/N", "/1"}}) {
        if (const auto at = text.find(mark); at != std::string::npos) {
            text.replace(at, std::string_view(mark).size(), value);
        }
    }
    return text;
}

std::string request(const fixture& to, std::string_view method, const std::string& path,
                    const std::string& headers = "") {
    return std::string(method) + " " + path + " HTTP/1.1\r\nHost: " + to.host() +
           "\r\nContent-Length: 0\r\n" + headers + "\r\n";
}

std::string method_of(const route& one) {
    return one.method == "POST" ? "POST" : "GET";
}

std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_routes)

BOOST_AUTO_TEST_CASE(the_page_says_what_the_table_says) {
    const std::string file = FEDASIO_SOURCE_DIR "/docs/api.md";
    std::ifstream in(file);
    BOOST_REQUIRE(in.is_open());
    std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const std::string begin = "<!-- described: routes -->\n";
    const auto from = page.find(begin);
    BOOST_TEST_REQUIRE((from != std::string::npos));
    const auto at = from + begin.size();
    const auto to = page.find("<!-- end -->", at);
    BOOST_TEST_REQUIRE((to != std::string::npos));
    if (std::getenv("FEDASIO_WRITE_PAGES") != nullptr) { // NOLINT(concurrency-mt-unsafe)
        page.replace(at, to - at, table());
        std::ofstream(file) << page;
        return;
    }
    BOOST_TEST((page.substr(at, to - at) == table()), "docs/api.md must have the table\n" << table());
}

BOOST_AUTO_TEST_CASE(only_these_are_for_anyone_or_change_something) {
    std::set<std::string> open;
    std::set<std::string> change;
    for (const auto& one : all_routes()) {
        if (one.needs == access::anyone) {
            open.emplace(one.path);
        }
        if (one.needs == access::operators) {
            change.emplace(one.path);
        }
    }
    BOOST_TEST((open == std::set<std::string>{"/login", "/healthz"}));
    BOOST_TEST(
        (change == std::set<std::string>{"/api/v1/commands", "/api/v1/links", "/api/v1/runs/RUN/labels"}));
}

BOOST_FIXTURE_TEST_CASE(each_is_refused_without_its_role, guarded) {
    run([](fixture& with) -> awaitable<void> {
        for (const auto& one : all_routes()) {
            const auto path = example(one.path);
            const auto method = method_of(one);
            const bool is_open = one.needs == access::anyone;
            BOOST_TEST_MESSAGE(path);
            const auto by_stranger = co_await ask(with, request(with, method, path));
            BOOST_TEST((by_stranger.status == 401) == !is_open, path << " " << by_stranger.status);
            const auto by_viewer = co_await ask(with, request(with, method, path, bearer(of_viewers)));
            BOOST_TEST((by_viewer.status == 403) == (one.needs == access::operators), path);
            const auto by_operator = co_await ask(with, request(with, method, path, bearer(of_operators)));
            BOOST_TEST((by_operator.status != 401 && by_operator.status != 403), path);
        }
        BOOST_TEST(with.commands.empty());
    });
}

BOOST_FIXTURE_TEST_CASE(each_tells_the_methods_that_it_takes, fixture) {
    run([](fixture& with) -> awaitable<void> {
        for (const auto& one : all_routes()) {
            const auto path = example(one.path);
            const std::string allowed = one.method == "POST" ? "POST" : "GET, HEAD";
            const auto other = one.method == "POST" ? "GET" : "POST";
            for (const auto* method : {other, "DELETE", "TRACE", "BREW"}) {
                const auto answer = co_await ask(with, request(with, method, path));
                BOOST_TEST(answer.status == 405U, method << " " << path);
                BOOST_TEST(answer.header("Allow") == allowed, method << " " << path);
            }
            const auto options = co_await ask(with, request(with, "OPTIONS", path));
            BOOST_TEST(options.status == 204U, path);
            BOOST_TEST(options.header("Allow") == allowed + ", OPTIONS", path);
            BOOST_TEST(options.header("Access-Control-Allow-Origin") == "(none)", path);
        }
    });
}

// Nothing is decoded or normalised, so nothing can be reached by another name than its own.
BOOST_FIXTURE_TEST_CASE(another_spelling_is_another_address, guarded) {
    run([](fixture& with) -> awaitable<void> {
        for (const auto& one : all_routes()) {
            const auto path = example(one.path);
            for (const auto& target : {path + "/", "/" + path, path + "/.", "/x/.." + path, "/%2e" + path,
                                       path + "%00", path + "%2f", "/." + path, path + ";x", path + "\\",
                                       "http://" + with.host() + path + "x"}) {
                if (target == "/" || target.starts_with("/?")) {
                    continue;
                }
                const auto by_stranger = co_await ask(with, request(with, method_of(one), target));
                BOOST_TEST(by_stranger.status == 401U, target);
                const auto known =
                    co_await ask(with, request(with, method_of(one), target, bearer(of_operators)));
                BOOST_TEST(known.status == 404U, target << " " << known.status);
            }
        }
        const auto endless = co_await ask(with, get(with, "/" + std::string(9000, 'a')));
        BOOST_TEST(endless.status == 431U);
        const auto deep = co_await ask(with, get(with, "/api/v1/runs" + std::string(3000, '/')));
        BOOST_TEST(deep.status == 401U);
        BOOST_TEST(with.commands.empty());
    });
}

BOOST_FIXTURE_TEST_CASE(a_body_is_as_long_as_its_route_takes, fixture) {
    run([](fixture& with) -> awaitable<void> {
        for (const auto& one : all_routes()) {
            const auto most = std::max<std::size_t>(one.body_bytes, 1024);
            const auto answer = co_await ask(
                with, method_of(one) + " " + example(one.path) + " HTTP/1.1\r\nHost: " + with.host() +
                          "\r\nContent-Length: " + std::to_string(most + 1) + "\r\n\r\n");
            BOOST_TEST(answer.status == 413U, one.path << " " << answer.status);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
