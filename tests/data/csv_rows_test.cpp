#include <fedasio/data/csv_rows.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <fstream>
#include <string>
#include <vector>

namespace fedasio::data::test {
namespace {

csv_schema schema() {
    csv_schema result;
    result.label = "kind";
    result.classes = {"a", "b"};
    result.columns = {{"size", csv_column::kind::numeric, 1, 2, {}},
                      {"note", csv_column::kind::ignored, 0, 0, {}},
                      {"shade", csv_column::kind::categorical, 0, 0, {"red", "blue"}}};
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_csv_rows)

BOOST_AUTO_TEST_CASE(a_folder_is_one_table_and_each_row_knows_its_file) {
    const fedasio::test::scratch_directory dir;
    std::ofstream(dir / "b.csv") << "shade,size\nred,3\n";
    std::ofstream(dir / "a.csv") << "size,shade\n1,blue\nmuch,red\n";
    const auto by = schema();
    csv_rows rows(dir.path(), by, false);
    auto features = rows.no_rows();
    std::vector<std::string> seen;
    csv_rows::row row;
    while (rows.next(row, features)) {
        seen.push_back(rows.file().filename().string() + " " + std::to_string(row.line) +
                       (row.problem.empty() ? "" : " " + row.problem));
    }
    BOOST_TEST_REQUIRE(seen.size() == 3U);
    BOOST_TEST(seen[0] == "a.csv 2");
    BOOST_TEST(seen[1].find("a.csv, line 3: column 'size': 'much'") != std::string::npos, seen[1]);
    BOOST_TEST(seen[2] == "b.csv 2");
    BOOST_TEST(features.numbers == (std::vector<float>{0, 1}), boost::test_tools::per_element());
    BOOST_TEST(features.places == (std::vector<std::uint16_t>{2, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_row_that_is_in_no_file_becomes_what_it_would_in_one) {
    const auto by = schema();
    const std::vector<named_field> fields{{"shade", "blue"}, {"more", "x"}, {"size", "4"}};
    const auto row = encode_row(fields, by);
    BOOST_TEST(row.inputs == 3U);
    BOOST_TEST(row.numbers == std::vector<float>{1.5F}, boost::test_tools::per_element());
    BOOST_TEST(row.places == std::vector<std::uint16_t>{2}, boost::test_tools::per_element());
    const std::vector<std::string> names{"shade", "more", "size", "kind", "note"};
    BOOST_TEST(columns_unknown_to(by, names) == std::vector<std::string>{"more"},
               boost::test_tools::per_element());
    const std::vector<named_field> without{{"size", "4"}, {"Shade", "blue"}};
    BOOST_CHECK_EXCEPTION((void)encode_row(without, by), error, says({"it lacks 'shade'"}));
    const std::vector<named_field> wrong{{"size", "4"}, {"shade", "green"}};
    BOOST_CHECK_EXCEPTION((void)encode_row(wrong, by), error,
                          says({"column 'shade': 'green' is no known category"}));
}

BOOST_AUTO_TEST_CASE(names_that_differ_in_case_are_looked_for_as_far_as_they_are_shown) {
    csv_schema by;
    by.label = "kind";
    by.classes = {"a", "b"};
    for (char c = 'a'; c <= 'u'; ++c) {
        by.columns.push_back({std::string(1, c), csv_column::kind::numeric, 0, 1, {}});
    }
    const std::vector<named_field> twentieth{{"T", "4"}};
    BOOST_CHECK_EXCEPTION((void)encode_row(twentieth, by), error,
                          says({"'T' differs from 't' in case only"}));
    const std::vector<named_field> beyond{{"U", "4"}};
    BOOST_CHECK_EXCEPTION((void)encode_row(beyond, by), error, [](const error& problem) {
        const std::string text = problem.what();
        return text.find("and 1 more") != std::string::npos && text.find("in case only") == std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace fedasio::data::test
