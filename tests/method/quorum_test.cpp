#include <fedasio/method/quorum.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace fedasio::method;

BOOST_AUTO_TEST_SUITE(quorums)

BOOST_AUTO_TEST_CASE(a_share_is_what_was_written) {
    BOOST_TEST(quorum(0.55, 100) == 55U); // the product in doubles is 55.00000000000001
    BOOST_TEST(quorum(0.1, 10) == 1U);
    BOOST_TEST(quorum(0.07, 100) == 7U);
    BOOST_TEST(quorum(0.3, 10) == 3U);
    BOOST_TEST(quorum(0.8, 10) == 8U);
    BOOST_TEST(quorum(0.51, 2) == 2U);
    BOOST_TEST(quorum(0.5, 3) == 2U);
    BOOST_TEST(quorum(1, 7) == 7U);
    BOOST_TEST(quorum(0.5, 0) == 0U);
    BOOST_TEST(quorum(1e-9, 10) == 1U);
    BOOST_TEST(quorum(1e-300, 1) == 1U);
    BOOST_TEST(quorum(std::nextafter(1.0, 0.0), 1'000'000) == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(every_share_in_hundredths_and_thousandths) {
    for (std::uint64_t digits : {100U, 1000U}) {
        for (std::uint64_t written = 1; written <= digits; ++written) {
            const auto share =
                static_cast<double>(written) / static_cast<double>(digits); // as strtod reads it
            for (std::uint64_t count = 1; count <= 240; ++count) {
                const auto exact = (written * count + digits - 1) / digits;
                if (quorum(share, count) != exact) {
                    BOOST_TEST(quorum(share, count) == exact, share << " of " << count);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_share_that_was_divided_is_whole_again) {
    for (std::uint64_t count = 1; count <= 300; ++count) {
        for (std::uint64_t k = 1; k <= count; ++k) {
            const auto share = static_cast<double>(k) / static_cast<double>(count);
            if (quorum(share, count) != k) {
                BOOST_TEST(quorum(share, count) == k, k << "/" << count);
            }
        }
    }
    BOOST_TEST(quorum(1.0 / 3, 3) == 1U);
    BOOST_TEST(quorum(2.0 / 3, 3) == 2U);
    BOOST_TEST(quorum(5.0 / 7, 7) == 5U);
    BOOST_TEST(quorum(0.333, 3) == 1U);
    BOOST_TEST(quorum(0.334, 3) == 2U);
}

BOOST_AUTO_TEST_CASE(a_round_wants_the_nearest_number_and_somebody) {
    BOOST_TEST(clients_per_round(0.5, 4) == 2U);
    BOOST_TEST(clients_per_round(0.26, 10) == 3U);
    BOOST_TEST(clients_per_round(0.24, 10) == 2U);
    BOOST_TEST(clients_per_round(0.5, 3) == 2U);
    BOOST_TEST(clients_per_round(1e-9, 10) == 1U);
    BOOST_TEST(clients_per_round(1, 10) == 10U);
    BOOST_TEST(clients_per_round(1, 0) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
