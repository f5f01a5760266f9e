#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <cmath>
#include <numeric>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;
using kind = csv_column::kind;
using floats = std::vector<float>;

namespace {

struct reader {
    scratch_directory directory;
    csv_schema schema;

    reader() {
        schema.label = "label";
        schema.classes = {"no", "yes"};
        schema.columns = {{"age", kind::numeric, 30, 10, {}},
                          {"name", kind::ignored, 0, 0, {}},
                          {"town", kind::categorical, 0, 0, {"oslo", "rome"}},
                          {"flat", kind::numeric, 7, 0, {}}};
    }

    dataset read(std::string_view content) const {
        return read_csv(directory.write("table.csv", content), schema);
    }

    static floats features(const dataset& set) {
        std::vector<std::uint32_t> all(set.size());
        std::iota(all.begin(), all.end(), 0U);
        floats values(set.size() * set.feature_count());
        set.copy_features(all, values);
        return values;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(csv_read, reader)

BOOST_AUTO_TEST_CASE(rows_are_encoded_by_the_schema) {
    const dataset set = read("age,name,town,flat,label\n40,n,rome,7,yes\n15,,oslo,9,no\n,\"\",,,no\n");
    BOOST_TEST(set.size() == 3U);
    BOOST_TEST(set.feature_dims() == (std::vector<std::uint32_t>{4}), boost::test_tools::per_element());
    BOOST_TEST(features(set) == (floats{1.0F, 0, 1, 0, -1.5F, 1, 0, 0, 0, 0, 0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(set.classes() == (std::vector<std::int32_t>{1, 0, 0}), boost::test_tools::per_element());
    BOOST_TEST(set.class_names() == schema.classes, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_standardising_numbers_stay_and_missing_ones_are_the_mean) {
    schema.standardize = false;
    const dataset set = read("age,name,town,flat,label\n40,n,rome,8,yes\n,n,rome,,no\n");
    BOOST_TEST(features(set) == (floats{40, 0, 1, 8, 30, 0, 1, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(columns_are_found_by_name) {
    const dataset set = read("label,flat,town,age,name\nyes,7,rome,40,n\n");
    BOOST_TEST(features(set) == (floats{1.0F, 0, 1, 0}), boost::test_tools::per_element());
    BOOST_TEST(set.classes()[0] == 1);
}

BOOST_AUTO_TEST_CASE(a_regression_reads_targets) {
    schema.regression = true;
    schema.classes.clear();
    const dataset set = read("age,name,town,flat,label\n40,n,rome,7,12.5\n30,n,oslo,7,-1e3\n");
    BOOST_TEST(set.class_count() == 0U);
    BOOST_TEST(set.targets() == (floats{12.5F, -1000.0F}), boost::test_tools::per_element());
    schema.label_mean = 2.5;
    schema.label_deviation = 4;
    BOOST_TEST(read("age,name,town,flat,label\n40,n,rome,7,12.5\n").targets()[0] == 2.5F);
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n40,n,rome,7,much\n"), error,
                          says({"line 2:", "'label'", "'much'"}));
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n40,n,rome,7,nan\n"), error,
                          says({"line 2:", "'nan'"}));
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n40,n,rome,7,\n"), error,
                          says({"line 2:", "missing"}));
    schema.label_deviation = 1e-30;
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n40,n,rome,7,1e30\n"), error,
                          says({"'label'", "'1e30'", "too far"}));
}

BOOST_AUTO_TEST_CASE(values_that_the_schema_does_not_know_are_refused) {
    const std::string header = "age,name,town,flat,label\n1,n,rome,7,yes\n";
    BOOST_CHECK_EXCEPTION(
        read(header + "1,n,Rom,7,yes\n"), error,
        says({"table.csv, line 3:", "column 'town'", "'Rom' is no known category", "'rome', 'oslo'"}));
    BOOST_CHECK_EXCEPTION(read(header + "1,n,rome,7,maybe\n"), error,
                          says({"line 3:", "column 'label'", "'maybe' is no known class"}));
    BOOST_CHECK_EXCEPTION(read(header + "1,n,rome,7,\n"), error, says({"line 3:", "label is missing"}));
    BOOST_CHECK_EXCEPTION(read(header + "old,n,rome,7,yes\n"), error,
                          says({"line 3:", "column 'age'", "'old'"}));
    BOOST_CHECK_EXCEPTION(read(header + "inf,n,rome,7,yes\n"), error,
                          says({"line 3:", "column 'age'", "'inf'"}));
    BOOST_CHECK_EXCEPTION(read(header + "1,n,rome,7\n"), error, says({"line 3:", "4 fields", "has 5"}));
    schema.columns[0].deviation = 1e-30;
    BOOST_CHECK_EXCEPTION(read(header + "1e30,n,rome,7,yes\n"), error, says({"'age'", "'1e30'", "too far"}));
}

BOOST_AUTO_TEST_CASE(other_headers_are_refused) {
    BOOST_CHECK_EXCEPTION(read("age,name,city,flat,label\n1,n,rome,7,yes\n"), error,
                          says({"table.csv, line 1:", "lacks 'town'", "has in addition column 3"}));
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat\n1,n,rome,7\n"), error, says({"lacks 'label'"}));
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n"), error, says({"no rows"}));
    BOOST_CHECK_EXCEPTION(read(""), error, says({"is empty"}));
    for (csv_column_schema& column : schema.columns) {
        column.type = kind::ignored;
        column.categories.clear();
    }
    BOOST_CHECK_EXCEPTION(read("age,name,town,flat,label\n1,n,rome,7,yes\n"), error, says({"no column"}));
}

BOOST_AUTO_TEST_CASE(the_header_of_a_file_that_is_not_the_table_is_not_quoted) {
    BOOST_CHECK_EXCEPTION(read("s3cret,label\n1,yes\n"), error, [](const error& thrown) {
        return std::string(thrown.what()).find("s3cret") == std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(values_in_messages_are_short_and_readable) {
    const std::string header = "age,name,town,flat,label\n";
    BOOST_CHECK_EXCEPTION(read(header + "1,n,\"a\nb\x01\xff\",7,yes\n"), error, says({"'a?b?\?'"}));
    BOOST_CHECK_EXCEPTION(read(header + "1,n," + std::string(5000, 'v') + ",7,yes\n"), error,
                          [](const error& thrown) { return std::string(thrown.what()).size() < 600; });
}

BOOST_AUTO_TEST_CASE(the_three_steps_standardise_over_all_owners) {
    csv_source source;
    source.label = "label";
    const auto first = directory.write("first.csv", "x,c,label\n1,u,a\n2,v,b\n");
    const auto second = directory.write("second.csv", "c,x,label\nw,3,c\nu,6,a\n,,b\n");
    const std::vector<csv_summary> summaries{summarize_csv(first, source, false),
                                             summarize_csv(second, source, false)};
    const csv_schema agreed = merge(summaries, source, false);
    const floats a = features(read_csv(first, agreed));
    const floats b = features(read_csv(second, agreed));
    BOOST_TEST(a.size() == 8U);
    BOOST_TEST(b.size() == 12U);
    const floats x{a[0], a[4], b[0], b[4]};
    BOOST_TEST(std::abs(x[0] + x[1] + x[2] + x[3]) < 1e-6F);
    BOOST_TEST((x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]) / 4 == 1.0F,
               boost::test_tools::tolerance(1e-6F));
    BOOST_TEST(b == (floats{x[2], 0, 0, 1, x[3], 1, 0, 0, 0, 0, 0, 0}), boost::test_tools::per_element());
    BOOST_TEST(read_csv(second, agreed).classes() == (std::vector<std::int32_t>{2, 0, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
