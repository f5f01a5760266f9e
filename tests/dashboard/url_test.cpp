#include <fedasio/dashboard/client.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace {
using fedasio::dashboard::parse_master_url;
using fedasio::net::address;
} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_url)

BOOST_AUTO_TEST_CASE(host_and_port) {
    BOOST_TEST((parse_master_url("http://127.0.0.1:8080") == address{"127.0.0.1", 8080}));
    BOOST_TEST((parse_master_url("http://master.local/") == address{"master.local", 80}));
    BOOST_TEST((parse_master_url("http://[::1]:9") == address{"::1", 9}));
    BOOST_TEST((parse_master_url("http://[::1]") == address{"::1", 80}));
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const auto* url : {"", "127.0.0.1:8080", "https://127.0.0.1", "http://", "http://:80", "http://a:b",
                            "http://a:1/x", "http://u@a", "http://a:99999", "http://a?b"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_THROW(parse_master_url(url), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
