#include <fedasio/text/number_text.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>

using fedasio::text::number_text;

BOOST_AUTO_TEST_SUITE(number_texts)

BOOST_AUTO_TEST_CASE(the_shortest_that_reads_as_the_same_number) {
    BOOST_TEST(number_text(0.1) == "0.1");
    BOOST_TEST(number_text(0.1F) == "0.1");
    BOOST_TEST(number_text(static_cast<double>(0.1F)) == "0.10000000149011612");
    BOOST_TEST(number_text(1e30) == "1e+30");
    BOOST_TEST(number_text(-0.0) == "-0");
    BOOST_TEST(number_text(std::numeric_limits<double>::denorm_min()) == "5e-324");
    BOOST_TEST(number_text(-1.7976931348623157e308) == "-1.7976931348623157e+308");
}

BOOST_AUTO_TEST_SUITE_END()
