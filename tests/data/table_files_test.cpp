#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/table_files.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <filesystem>
#include <numeric>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;

namespace {

struct folder_of_tables {
    scratch_directory folder;
    csv_source source;

    folder_of_tables() { source.label = "label"; }

    csv_schema schema() const {
        const std::vector summaries{summarize_csv(folder.path(), source, false)};
        return merge(summaries, source, false);
    }

    std::vector<float> features() const {
        auto how = schema();
        how.standardize = false;
        const auto set = read_csv(folder.path(), how);
        std::vector<std::uint32_t> all(set.size());
        std::iota(all.begin(), all.end(), 0U);
        std::vector<float> result(set.size() * set.feature_count());
        set.copy_features(all, result);
        return result;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tables_in_folders, folder_of_tables)

BOOST_AUTO_TEST_CASE(files_are_one_table_in_the_order_of_their_names) {
    folder.write("2024-02.csv", "label,x,y\nb,3,30\n");
    folder.write("2024-01.CSV", "x,y,label\n1,10,a\n2,20,b\n");
    folder.write("notes.txt", "not a table");
    folder.write(".hidden.csv", "x\n1\n");
    std::filesystem::create_directory(folder / "older.csv");
    const std::vector<std::filesystem::path> expected{folder / "2024-01.CSV", folder / "2024-02.csv"};
    BOOST_TEST(table_files(folder.path()) == expected, boost::test_tools::per_element());
    const auto summary = summarize_csv(folder.path(), source, false);
    BOOST_TEST(summary.rows == 3U);
    BOOST_TEST(summary.columns.at(0).mean == 2.0);
    const std::vector<float> rows{1, 10, 2, 20, 3, 30};
    BOOST_TEST(features() == rows, boost::test_tools::per_element());
    const auto set = read_csv(folder.path(), schema());
    BOOST_TEST(set.classes()[0] == 0);
    BOOST_TEST(set.classes()[1] == 1);
    BOOST_TEST(set.classes()[2] == 1);
}

BOOST_AUTO_TEST_CASE(errors_name_the_file_and_its_line) {
    folder.write("1.csv", "x,label\n1,a\n2,b\n");
    folder.write("2.csv", "label,x\na,3\na,4\nb\n");
    const auto survey = [&] { return summarize_csv(folder.path(), source, false); };
    BOOST_CHECK_EXCEPTION(survey(), error, says({"2.csv, line 4:", "1 fields", "has 2"}));
    folder.write("2.csv", "label,X\na,3\n");
    BOOST_CHECK_EXCEPTION(
        survey(), error, says({"2.csv, line 1:", "differs from that of 1.csv", "lacks 'x'", "same columns"}));
    folder.write("2.csv", "");
    BOOST_CHECK_EXCEPTION(survey(), error, says({"2.csv", "is empty"}));
    folder.write("2.csv", "label,x\nc,3\n");
    auto how = schema();
    how.classes = {"a", "b"};
    BOOST_CHECK_EXCEPTION(read_csv(folder.path(), how), error,
                          says({"2.csv, line 2:", "'c' is no known class"}));
}

BOOST_AUTO_TEST_CASE(a_header_alone_is_no_rows_but_no_error_among_others) {
    folder.write("1.csv", "x,label\n");
    BOOST_CHECK_EXCEPTION(summarize_csv(folder.path(), source, false), error, says({"no rows"}));
    folder.write("2.csv", "x,label\n1,a\n2,b\n");
    BOOST_TEST(summarize_csv(folder.path(), source, false).rows == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_no_table_or_there_twice_is_refused) {
    BOOST_CHECK_EXCEPTION(table_files(folder.path()), error, says({"holds no table", ".csv"}));
    folder.write("1.csv", "x,label\n1,a\n");
    folder.write("1.csv.gz", "x,label\n1,a\n");
    BOOST_CHECK_EXCEPTION(table_files(folder.path()), error, says({"1.csv.gz", "holds 1.csv too"}));
    const std::vector<std::filesystem::path> alone{folder / "1.csv"};
    BOOST_TEST(table_files(folder / "1.csv") == alone, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
