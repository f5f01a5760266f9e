#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <functional>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;

namespace {

/// A table with the columns `a` and `label`, `a` as `value` says for each row.
struct guesser {
    scratch_directory directory;
    csv_source source;

    guesser() { source.label = "label"; }

    csv_survey survey(std::size_t rows, const std::function<std::string(std::size_t)>& value) const {
        std::string content = "a,label\n";
        for (std::size_t i = 0; i < rows; ++i) {
            content += "\"" + value(i) + "\"," + (i % 2 == 0 ? "yes" : "no") + "\n";
        }
        return survey_csv(directory.write("table.csv", content), source, false);
    }

    /// The only problem, or "".
    std::string problem(std::size_t rows, const std::function<std::string(std::size_t)>& value) const {
        const csv_survey result = survey(rows, value);
        BOOST_TEST(result.problems.size() <= 1U);
        return result.problems.empty() ? "" : result.problems.front();
    }

    std::string problem_of_one(const std::string& odd) const {
        return problem(200, [&](std::size_t i) { return i == 4 ? odd : std::to_string(i * 7 % 90); });
    }
};

void check_says(const std::string& text, const strings& parts) {
    BOOST_TEST(says(parts)(std::runtime_error(text)), text);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(csv_guess, guesser)

BOOST_AUTO_TEST_CASE(a_few_words_in_a_numeric_column_do_not_make_it_categorical) {
    check_says(problem_of_one("unknown"), {"column 'a'", "199 of 200", "'unknown' in line 6",
                                           "\"missing\": [\"NA\", \"unknown\"]", "categorical"});
    check_says(problem_of_one("$3"), {"'$3' in line 6", "take the '$' out"});
    check_says(problem_of_one("12%"), {"take the '%' out"});
    check_says(problem_of_one("12 mg"), {"take the 'mg' out"});
    check_says(problem_of_one("12,5"), {"'12,5'", "\"decimal\": \",\""});
    check_says(problem_of_one("1,004.3"), {"\"thousands\": \",\""});
    check_says(problem_of_one("1.004,3"), {"\"decimal\": \",\", \"thousands\": \".\""});
    check_says(problem_of_one("1 004,3"), {"\"decimal\": \",\", \"thousands\": \" \""});
    check_says(problem_of_one("1\u00a0004.3"), {"\"thousands\": \" \""});
    check_says(problem_of_one("1,004"), {"\"decimal\": \",\"", "or \"thousands\": \",\""});
    check_says(problem_of_one("<5"), {"limit such as '<5'"});
    check_says(problem_of_one("0x1F"), {"hexadecimal"});
    check_says(problem_of_one("\u22125"), {"write the minus"});
    check_says(problem_of_one("(12.5)"), {"negative numbers"});
}

BOOST_AUTO_TEST_CASE(nothing_of_a_refused_column_is_sent) {
    const csv_survey result = survey(200, [](std::size_t i) { return i == 4 ? "odd" : std::to_string(i); });
    BOOST_TEST(result.problems.size() == 1U);
    BOOST_TEST(result.summary.columns[0].categories.empty());
}

BOOST_AUTO_TEST_CASE(numbers_in_another_notation_are_no_categories_even_if_they_are_few) {
    const auto price = [](std::size_t i) { return std::to_string(i % 3) + ",5"; };
    check_says(problem(200, price), {"column 'a'", "'0,5' in line 2", "\"decimal\": \",\""});
    source.notation.decimal = ',';
    const csv_survey read = survey(200, price);
    BOOST_TEST(read.problems.empty());
    BOOST_TEST(read.summary.columns[0].numeric);
    BOOST_TEST(read.summary.columns[0].mean == 1.495, boost::test_tools::tolerance(1e-12));
    check_says(problem(200, [](std::size_t i) { return "$" + std::to_string(i % 3); }), {"take the '$' out"});
}

BOOST_AUTO_TEST_CASE(the_notation_that_reads_most_is_told) {
    check_says(
        problem(200, [](std::size_t i) { return std::to_string(i) + (i % 2 == 0 ? ",5" : ".004,30"); }),
        {"'0,5' in line 2", "\"decimal\": \",\", \"thousands\": \".\""});
    check_says(
        problem(200, [](std::size_t i) { return std::to_string(i) + (i % 2 == 0 ? ",500" : ",004.3"); }),
        {"'0,500' in line 2", "write \"thousands\": \",\""});
}

BOOST_AUTO_TEST_CASE(identifiers_that_come_often_are_no_categories) {
    check_says(problem(400, [](std::size_t i) { return "P" + std::to_string(1000 + i / 10); }),
               {"'P1000' in line 2", "identifiers", "ignored"});
    check_says(problem(400, [](std::size_t i) { return "p" + std::string(i % 9, 'x') + "@example.org"; }),
               {"names, identifiers"});
    BOOST_TEST(problem(400, [](std::size_t i) { return "ward " + std::to_string(i % 12); }).empty());
    BOOST_TEST(problem(400, [](std::size_t i) {
                   return std::string(1, static_cast<char>('A' + i % 3)) + std::to_string(i % 40);
               }).empty());
}

BOOST_AUTO_TEST_CASE(different_numbers_beside_a_frequent_word_are_no_categories) {
    check_says(problem(300, [](std::size_t i) { return i % 3 == 0 ? std::to_string(i) : "not measured"; }),
               {"column 'a'", "'not measured' in line 3"});
}

BOOST_AUTO_TEST_CASE(names_identifiers_and_free_text_are_no_categories) {
    check_says(problem(200, [](std::size_t i) { return "P-" + std::to_string(i); }),
               {"column 'a'", "200 different", "'P-0' in line 2", "ignored"});
    check_says(problem(200,
                       [](std::size_t i) {
                           return i % 3 == 0 ? "none told" : "comment " + std::to_string(i) + ".";
                       }),
               {"free text"});
    check_says(problem(10, [](std::size_t i) { return "patient " + std::string(i + 1, 'x'); }),
               {"10 different"});
    check_says(problem(4000, [](std::size_t i) { return "n" + std::to_string(i % 1500); }),
               {"more than 1000"});
    check_says(problem(200, [](std::size_t i) { return std::string(200, i % 2 == 0 ? 'x' : 'y'); }),
               {"200 bytes", "free text"});
}

BOOST_AUTO_TEST_CASE(dates_and_times_are_no_categories) {
    const std::vector<std::function<std::string(std::size_t)>> ways{
        [](std::size_t i) { return "2024-01-1" + std::to_string(i % 10); },
        [](std::size_t i) { return "1" + std::to_string(i % 10) + ".3.2024"; },
        [](std::size_t i) { return "2/1" + std::to_string(i % 10) + "/2024"; },
        [](std::size_t i) { return "2024-01-1" + std::to_string(i % 10) + "T08:30:00Z"; },
        [](std::size_t i) { return "1" + std::to_string(i % 10) + ":30"; },
        [](std::size_t i) { return "1" + std::to_string(i % 10) + " March 2024"; },
        [](std::size_t i) { return "Jan-1" + std::to_string(i % 10); },
    };
    for (const auto& way : ways) {
        check_says(problem(200, way), {"column 'a'", "dates or times", way(0) + "' in line 2", "ignored"});
    }
}

BOOST_AUTO_TEST_CASE(categories_are_guessed_in_small_and_large_tables) {
    const auto among = [](std::size_t count) {
        return [count](std::size_t i) { return std::string("ward ") + static_cast<char>('A' + i % count); };
    };
    for (const std::size_t rows : {2U, 5U, 7U, 10U, 12U, 20U, 30U, 200U}) {
        BOOST_TEST_CONTEXT(rows) {
            BOOST_TEST(problem(rows, among(2)).empty());
            BOOST_TEST(problem(rows, among(5)).empty());
        }
    }
    BOOST_TEST(problem(30, among(10)).empty());
    BOOST_TEST(problem(12, among(7)).empty());
    BOOST_TEST(problem(100, [](std::size_t i) { return i % 2 == 0 ? "true" : "FALSE"; }).empty());
    BOOST_TEST(problem(100, [](std::size_t i) { return i % 2 == 0 ? "18-30" : "over 30"; }).empty());
    BOOST_TEST(problem(100, [](std::size_t i) {
                   return i % 9 == 0 ? "7" : std::string(1, static_cast<char>('A' + i % 3));
               }).empty());
}

BOOST_AUTO_TEST_CASE(what_the_plan_declares_wins) {
    const auto name = [](std::size_t i) { return "P-" + std::to_string(i); };
    source.columns["a"] = csv_column{csv_column::kind::categorical, {}};
    BOOST_TEST(survey(200, name).summary.columns[0].categories.size() == 200U);
    source.columns["a"] = csv_column{csv_column::kind::numeric, {}};
    check_says(problem(200, [](std::size_t i) { return i == 4 ? "12,5" : "7"; }),
               {"line 6", "'12,5'", "\"decimal\": \",\""});
}

BOOST_AUTO_TEST_CASE(all_problems_are_found) {
    const auto file = directory.write("table.csv", "a,b,label\n1,2,x\n2,$2,y\nsome,3,x\n4,5,y\n");
    const csv_survey result = survey_csv(file, source, false);
    BOOST_REQUIRE(result.problems.size() == 2U);
    check_says(result.problems[0], {"'a'", "'some' in line 4"});
    check_says(result.problems[1], {"'b'", "'$2' in line 3"});
    BOOST_CHECK_EXCEPTION(summarize_csv(file, source, false), error,
                          says({"'some'", "1 more column has problems"}));
}

BOOST_AUTO_TEST_CASE(what_may_not_be_meant_is_noted) {
    const csv_survey codes = survey(20, [](std::size_t i) { return "0" + std::to_string(1000 + i * i); });
    BOOST_TEST(codes.problems.empty());
    BOOST_REQUIRE(codes.notes.size() == 1U);
    check_says(codes.notes[0], {"column 'a'", "leading zeros", "'01000'"});
    const csv_survey index = survey(20, [](std::size_t i) { return std::to_string(i + 5); });
    BOOST_REQUIRE(index.notes.size() == 1U);
    check_says(index.notes[0], {"column 'a'", "counts up"});
}

BOOST_AUTO_TEST_CASE(labels_that_are_no_classes_are_refused) {
    const auto label = [this](const std::function<std::string(std::size_t)>& value) {
        std::string content = "a,label\n";
        for (std::size_t i = 0; i < 100; ++i) {
            content += std::to_string(i % 7) + "," + value(i) + "\n";
        }
        const auto problems = survey_csv(directory.write("table.csv", content), source, false).problems;
        return problems.empty() ? std::string() : problems.front();
    };
    check_says(label([](std::size_t i) { return std::to_string(i) + ".5"; }),
               {"100 different", "did you mean a regression"});
    check_says(label([](std::size_t i) { return std::to_string(i % 30) + ".5"; }),
               {"did you mean a regression"});
    check_says(label([](std::size_t i) { return "n" + std::to_string(i); }), {"names or free text"});
    BOOST_TEST(label([](std::size_t i) { return std::to_string(i % 30); }).empty());
    source.columns["label"] = csv_column{csv_column::kind::categorical, {}};
    BOOST_TEST(label([](std::size_t i) { return "n" + std::to_string(i); }).empty());
}

BOOST_AUTO_TEST_SUITE_END()
