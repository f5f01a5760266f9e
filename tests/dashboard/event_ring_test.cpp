#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/dashboard/event_ring.hpp>

#include <boost/test/unit_test.hpp>

#include "samples.hpp"

namespace {
using fedasio::dashboard::event_ring;
using fedasio::dashboard::told_event;
} // namespace

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
        ring.push(seq, told_event(std::string(seq, 'x')));
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
    ring.push(1, told_event("aaaa"));
    ring.push(2, told_event("bbbb"));
    ring.push(3, told_event("cc"));
    BOOST_TEST(ring.oldest() == 1U);
    ring.push(4, told_event("d"));
    BOOST_TEST(ring.oldest() == 2U);
    BOOST_TEST(ring.bytes() == 7U);
    ring.push(5, told_event(std::string(50, 'e')));
    BOOST_TEST(ring.oldest() == 5U);
    BOOST_TEST(ring.bytes() == 50U);
}

BOOST_AUTO_TEST_CASE(a_gap_empties_it) {
    event_ring ring(100, 1000);
    ring.push(1, told_event("a"));
    ring.push(7, told_event("b"));
    BOOST_TEST(ring.oldest() == 7U);
    BOOST_TEST(ring.bytes() == 1U);
    BOOST_TEST(!ring.reaches_back_to(1));
    BOOST_TEST(ring.reaches_back_to(6));
}

BOOST_AUTO_TEST_CASE(a_text_that_is_made_late_is_made_once_and_changes_no_count) {
    event_ring ring(100, 1000);
    const fedasio::master::event update{1, 1.5, samples::updated(3, 1, 4, 600, 0.5, 0.75)};
    ring.push(1, told_event(update));
    ring.push(2, told_event({2, 1.5, fedasio::master::worker_state_changed{4, {}}}));
    const auto bytes = ring.bytes();
    const auto of_update = ring.bytes() - ring.bytes_after(1);
    const auto first = ring.at(1);
    BOOST_TEST(*first == fedasio::dashboard::event_text(update));
    BOOST_TEST(ring.at(1).get() == first.get());
    BOOST_TEST(ring.bytes() == bytes);
    // What bounds the ring is near what is sent.
    BOOST_TEST(of_update < 2 * first->size());
    BOOST_TEST(first->size() < 2 * of_update);
    BOOST_TEST(ring.bytes_after(1) < 2 * ring.at(2)->size());
    BOOST_TEST(ring.at(2)->size() < 2 * ring.bytes_after(1));
}

BOOST_AUTO_TEST_SUITE_END()
