#include <fedasio/dashboard/client.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {
using fedasio::dashboard::parse_master_url;
using fedasio::net::address;
} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_url)

BOOST_AUTO_TEST_CASE(host_and_port) {
    BOOST_TEST((parse_master_url("http://127.0.0.1:8080").address == address{"127.0.0.1", 8080}));
    BOOST_TEST((parse_master_url("http://master.local/").address == address{"master.local", 80}));
    BOOST_TEST((parse_master_url("http://[::1]:9").address == address{"::1", 9}));
    BOOST_TEST((parse_master_url("http://[::1]").address == address{"::1", 80}));
}

BOOST_AUTO_TEST_CASE(as_a_master_prints_it) {
    const auto open = parse_master_url("https://[::1]/?token=abc_-1");
    BOOST_TEST((open.address == address{"::1", 443}));
    BOOST_TEST(open.is_https);
    BOOST_TEST(open.token == "abc_-1");
    const auto plain = parse_master_url("http://a:1");
    BOOST_TEST(!plain.is_https);
    BOOST_TEST(plain.token.empty());
    const auto is_silent = [](const std::invalid_argument& problem) {
        return std::string(problem.what()).find("secret") == std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(parse_master_url("https://a:b/?token=secret"), std::invalid_argument, is_silent);
    BOOST_CHECK_EXCEPTION(parse_master_url("a:1/?token=secret"), std::invalid_argument, is_silent);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const auto* url : {"", "127.0.0.1:8080", "ftp://127.0.0.1", "https://", "http://", "http://:80",
                            "http://a:b", "http://a:1/x", "http://u@a", "http://a:99999", "http://a?b"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_THROW(parse_master_url(url), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
