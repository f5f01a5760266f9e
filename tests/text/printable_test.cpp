#include <fedasio/text/printable.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using fedasio::text::is_blank;
using fedasio::text::is_printable;
using fedasio::text::printable;

BOOST_AUTO_TEST_SUITE(printable_text)

BOOST_AUTO_TEST_CASE(what_a_terminal_would_obey) {
    using namespace std::string_literals;
    BOOST_TEST(printable("a\x1b[31m\n\x7f\0b"s) == "a?[31m???b");
    for (const auto* bad :
         {"\u0080", "\u0085", "\u009b", "\u009f", "\u00ad", "\u061c", "\u180e", "\u200b", "\u200f", "\u2028",
          "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff", "\ufff9", "\U000e0041"}) {
        BOOST_TEST(printable("a"s + bad + "b") == "a?b");
        BOOST_TEST(!is_printable(bad));
    }
}

BOOST_AUTO_TEST_CASE(what_is_text) {
    for (const auto* good : {"", " ", "ward 3", "\u00a0", "\u00a1", "\u00e4\u00b5", "\u200a", "\u2010",
                             "\u2027", "\u202f", "\u65e5\u672c", "\U0001f600"}) {
        BOOST_TEST(printable(good) == good);
        BOOST_TEST(is_printable(good));
    }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8) {
    BOOST_TEST(printable("a\x9b"
                         "31m\xff\xc2") == "a?31m??");
    BOOST_TEST(printable("\xe2\x80x\xc2\x1b\xed\xa0\x80") == "??x?????");
}

BOOST_AUTO_TEST_CASE(only_what_is_no_utf8_is_replaced) {
    using fedasio::text::as_utf8;
    for (const auto* good : {"", "plain\n\x1b", "\u00e4\u202e\U0001f600"}) {
        BOOST_TEST(as_utf8(good) == good);
    }
    BOOST_TEST(as_utf8("t\xff.csv") == "t?.csv");
    BOOST_TEST(as_utf8("\u00e4\x80\xe2\x80x\xed\xa0\x80\xc3") == "\u00e4???x????");
}

BOOST_AUTO_TEST_CASE(nothing_to_see) {
    for (const auto* blank : {"", " ", "\u00a0 \u3000", "\u2003\u2800"}) {
        BOOST_TEST(is_blank(blank));
    }
    for (const auto* seen : {"a", " a ", "\xff", "\n"}) {
        BOOST_TEST(!is_blank(seen));
    }
}

BOOST_AUTO_TEST_SUITE_END()
