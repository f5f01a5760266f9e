#include <fedasio/text/csv_field.hpp>
#include <fedasio/text/cut.hpp>

#include <boost/test/unit_test.hpp>

using fedasio::text::csv_field;
using fedasio::text::cut;
using fedasio::text::shortened;

BOOST_AUTO_TEST_SUITE(cut_texts)

BOOST_AUTO_TEST_CASE(no_character_is_cut_in_two) {
    BOOST_TEST(cut("abc", 5) == "abc");
    BOOST_TEST(cut("abc", 3) == "abc");
    BOOST_TEST(cut("abc", 2) == "ab");
    BOOST_TEST(cut("aä€😀", 10) == "aä€😀");
    BOOST_TEST(cut("aä€😀", 9) == "aä€");
    BOOST_TEST(cut("aä€😀", 5) == "aä");
    BOOST_TEST(cut("aä€😀", 2) == "a");
    BOOST_TEST(cut("€", 2).empty());
    BOOST_TEST(cut("\x80\x80\x80", 2).empty()); // no UTF-8 at all
}

BOOST_AUTO_TEST_CASE(what_was_cut_off_is_shown) {
    BOOST_TEST(shortened("abc", 3) == "abc");
    BOOST_TEST(shortened("abcd", 3) == "abc...");
    BOOST_TEST(shortened("aä€", 4) == "aä...");
}

BOOST_AUTO_TEST_CASE(csv_quotes_what_it_must) {
    BOOST_TEST(csv_field("plain text") == "plain text");
    BOOST_TEST(csv_field("") == "");
    BOOST_TEST(csv_field("a,b") == "\"a,b\"");
    BOOST_TEST(csv_field("say \"hi\"") == "\"say \"\"hi\"\"\"");
    BOOST_TEST(csv_field("two\r\nlines") == "\"two\r\nlines\"");
}

BOOST_AUTO_TEST_SUITE_END()
