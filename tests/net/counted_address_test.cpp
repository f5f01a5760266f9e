#include <fedasio/net/counted_address.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using fedasio::net::counted_address;

BOOST_AUTO_TEST_SUITE(counted_addresses)

BOOST_AUTO_TEST_CASE(ports_do_not_count) {
    BOOST_TEST(counted_address("192.0.2.7:4711") == "192.0.2.7");
    BOOST_TEST(counted_address("192.0.2.7:4712") == "192.0.2.7");
    BOOST_TEST(counted_address("192.0.2.8:4711") == "192.0.2.8");
}

BOOST_AUTO_TEST_CASE(an_ipv6_network_counts_as_one) {
    BOOST_TEST(counted_address("[2001:db8:1:2:3:4:5:6]:7700") == "2001:db8:1:2::");
    BOOST_TEST(counted_address("[2001:db8:1:2:ffff::1]:1") == "2001:db8:1:2::");
    BOOST_TEST(counted_address("[2001:db8:1:3::1]:1") == "2001:db8:1:3::");
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_within_ipv6_is_that_address) {
    BOOST_TEST(counted_address("[::ffff:192.0.2.7]:1") == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_stays) {
    BOOST_TEST(counted_address("memory:12") == "memory");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
