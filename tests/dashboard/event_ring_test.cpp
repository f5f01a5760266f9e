#include <fedasio/dashboard/event_ring.hpp>

#include <boost/test/unit_test.hpp>

namespace {
using fedasio::dashboard::event_ring;
}

BOOST_AUTO_TEST_SUITE(dashboard_event_ring)

BOOST_AUTO_TEST_CASE(empty) {
    const event_ring ring(100, 1000);
    BOOST_TEST(ring.newest() == 0U);
    BOOST_TEST(ring.oldest() == 1U);
    BOOST_TEST(ring.reaches_back_to(0));
    BOOST_TEST(!ring.reaches_back_to(1));
    BOOST_TEST(ring.bytes_after(0) == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_the_latest_by_count) {
    event_ring ring(3, 1000);
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
        ring.push(seq, std::string(seq, 'x'));
    }
    BOOST_TEST(ring.oldest() == 3U);
    BOOST_TEST(ring.newest() == 5U);
    BOOST_TEST(ring.bytes() == 12U);
    BOOST_TEST(*ring.at(3) == "xxx");
    BOOST_TEST(*ring.at(5) == "xxxxx");
    BOOST_TEST(ring.bytes_after(2) == 12U);
    BOOST_TEST(ring.bytes_after(3) == 9U);
    BOOST_TEST(ring.bytes_after(5) == 0U);
    BOOST_TEST(ring.reaches_back_to(2));
    BOOST_TEST(!ring.reaches_back_to(1));
    BOOST_TEST(ring.reaches_back_to(5));
    BOOST_TEST(!ring.reaches_back_to(6));
    BOOST_CHECK_THROW((void)ring.at(2), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(keeps_the_latest_by_bytes_but_always_the_newest) {
    event_ring ring(100, 10);
    ring.push(1, "aaaa");
    ring.push(2, "bbbb");
    ring.push(3, "cc");
    BOOST_TEST(ring.oldest() == 1U);
    ring.push(4, "d");
    BOOST_TEST(ring.oldest() == 2U);
    BOOST_TEST(ring.bytes() == 7U);
    ring.push(5, std::string(50, 'e'));
    BOOST_TEST(ring.oldest() == 5U);
    BOOST_TEST(ring.bytes() == 50U);
}

BOOST_AUTO_TEST_CASE(a_gap_empties_it) {
    event_ring ring(100, 1000);
    ring.push(1, "a");
    ring.push(7, "b");
    BOOST_TEST(ring.oldest() == 7U);
    BOOST_TEST(ring.bytes() == 1U);
    BOOST_TEST(!ring.reaches_back_to(1));
    BOOST_TEST(ring.reaches_back_to(6));
}

BOOST_AUTO_TEST_SUITE_END()
