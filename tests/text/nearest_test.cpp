#include <fedasio/text/nearest.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <string_view>

using fedasio::text::nearest;

BOOST_AUTO_TEST_SUITE(nearest_words)

BOOST_AUTO_TEST_CASE(a_slip_is_found_and_another_word_is_not) {
    constexpr std::array<std::string_view, 3> words{"rounds", "fraction", "auc"};
    BOOST_TEST(nearest("ruonds", words) == "rounds");
    BOOST_TEST(nearest("fracton", words) == "fraction");
    BOOST_TEST(nearest("quorum", words).empty());
    BOOST_TEST(nearest("f1", words).empty());
}

BOOST_AUTO_TEST_CASE(capitals_are_no_difference) {
    constexpr std::array<std::string_view, 3> words{"rounds", "auc", "mean_IoU"};
    BOOST_TEST(nearest("AUC", words) == "auc");
    BOOST_TEST(nearest("ROUNDS", words) == "rounds");
    BOOST_TEST(nearest("ROUDNS", words) == "rounds");
    BOOST_TEST(nearest("Mean_iou", words) == "mean_IoU");
}

BOOST_AUTO_TEST_CASE(of_words_that_differ_in_capitals_alone_the_one_with_the_most_of_them_is_meant) {
    constexpr std::array<std::string_view, 3> words{"auc", "AUC", "Auc"};
    BOOST_TEST(nearest("AUc", words) == "AUC"); // as near as "Auc", and named before it
    BOOST_TEST(nearest("aUC", words) == "AUC");
    BOOST_TEST(nearest("auC", words) == "auc");
}

BOOST_AUTO_TEST_SUITE_END()
