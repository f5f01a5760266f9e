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

BOOST_AUTO_TEST_CASE(without_a_scheme) {
    const auto place = parse_master_url("127.0.0.1:8080");
    BOOST_TEST((place.address == address{"127.0.0.1", 8080}));
    BOOST_TEST(!place.is_https);
    BOOST_TEST((parse_master_url("[::1]:9/").address == address{"::1", 9}));
    BOOST_TEST(parse_master_url("HTTPS://a:1").is_https);
}

BOOST_AUTO_TEST_CASE(a_path_of_a_proxy) {
    const auto place = parse_master_url("https://example.org/a/training/?token=abc");
    BOOST_TEST(place.prefix == "/a/training");
    BOOST_TEST(place.token == "abc");
    BOOST_TEST((place.address == address{"example.org", 443}));
    BOOST_TEST(parse_master_url("http://a:1/").prefix.empty());
    BOOST_TEST(parse_master_url("http://a:1/x").prefix == "/x");
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
    BOOST_CHECK_EXCEPTION(parse_master_url("ftp://a:1/?token=secret"), std::invalid_argument, is_silent);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const auto* url :
         {"", "127.0.0.1", ":8080", "ftp://127.0.0.1", "a:1/?x", "http://a:1/x y", "https://", "http://",
          "http://:80", "http://a:b", "http://u@a", "http://a:99999", "http://a?b"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_THROW(parse_master_url(url), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
