#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <numeric>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;
using kind = csv_column::kind;
using floats = std::vector<float>;

namespace {

struct tables {
    scratch_directory directory;
    csv_source source;

    tables() { source.label = "label"; }

    std::filesystem::path write(std::string_view content) const {
        return directory.write("table.csv", content);
    }

    csv_summary summarize(std::string_view content, bool regression = false) const {
        return summarize_csv(write(content), source, regression);
    }

    csv_schema schema_of(std::string_view content, bool regression = false) const {
        const std::vector<csv_summary> all{summarize(content, regression)};
        return merge(all, source, regression);
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

BOOST_FIXTURE_TEST_SUITE(csv_missing, tables)

BOOST_AUTO_TEST_CASE(words_for_a_missing_value_are_missing) {
    for (const std::string word :
         {"", "NA", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-", "#N/A", "\" NA \"", "\"-\""}) {
        BOOST_TEST_CONTEXT(word) {
            const csv_summary summary = summarize("a,b,label\n1,u,x\n" + word + "," + word + ",x\n5,v,x\n");
            BOOST_TEST(summary.columns[0].numeric);
            BOOST_TEST(summary.columns[0].count == 2U);
            BOOST_TEST(summary.columns[0].missing == 1U);
            BOOST_TEST(summary.columns[0].mean == 3.0);
            BOOST_TEST(summary.columns[1].missing == 1U);
            BOOST_TEST(summary.columns[1].categories == (strings{"u", "v"}),
                       boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_plan_lists_its_own_words) {
    source.notation.missing = {"-999", "not asked"};
    const csv_summary summary = summarize("a,b,label\n1,NA,x\n-999,NOT ASKED,x\n,u,x\n");
    BOOST_TEST(summary.columns[0].mean == 1.0);
    BOOST_TEST(summary.columns[0].missing == 2U);
    BOOST_TEST(summary.columns[1].categories == (strings{"NA", "u"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(categories_that_the_plan_fixes_are_not_missing) {
    source.columns["b"] = csv_column{kind::categorical, {"None", "some", "-"}};
    const std::string content = "a,b,label\n1,None,x\n1,none,x\n1,-,x\n1,,x\n";
    const csv_summary summary = summarize(content);
    BOOST_TEST(summary.columns[1].count == 2U);
    BOOST_TEST(summary.columns[1].missing == 2U);
    const auto read = features(read_csv(write(content), schema_of(content)));
    BOOST_TEST(read == (floats{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_value_is_read_as_it_was_summarised) {
    const std::string content = "a,b,label\n1,u,x\nNA,?,y\n3,v,x\n";
    BOOST_TEST(features(read_csv(write(content), schema_of(content))) == (floats{-1, 1, 0, 0, 0, 0, 1, 0, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_label_is_no_class) {
    const std::string content = "a,label\n1,x\n2,NA\n3,y\n4,\n";
    BOOST_CHECK_EXCEPTION(summarize(content), error,
                          says({"line 3:", "'NA' stands for a missing value", "\"unlabelled\""}));
    const csv_schema known = schema_of("a,label\n1,x\n3,y\n");
    BOOST_CHECK_EXCEPTION(read_csv(write(content), known), error, says({"line 3:", "'NA'"}));
    source.skip_unlabelled = true;
    const csv_summary summary = summarize(content);
    BOOST_TEST(summary.rows == 2U);
    BOOST_TEST(summary.left_out == 2U);
    BOOST_TEST(summary.columns[0].mean == 2.0);
    const dataset set = read_csv(write(content), schema_of(content));
    BOOST_TEST(set.size() == 2U);
    BOOST_TEST(set.left_out() == 2U);
    BOOST_TEST(summarize("a,label\n1,7\n2,-\n", true).rows == 1U);
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,NA\n"), error, says({"no row with a label"}));
}

BOOST_AUTO_TEST_CASE(a_class_that_looks_like_a_missing_value_can_be_fixed) {
    source.columns["label"] = csv_column{kind::categorical, {"none", "some"}};
    BOOST_TEST(schema_of("a,label\n1,none\n2,some\n").classes == (strings{"none", "some"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(numbers_are_read_in_the_notation_of_the_plan) {
    const auto mean = [this](const std::string& field) {
        const csv_summary summary = summarize("a;label\n" + field + ";x\n");
        BOOST_TEST(summary.columns[0].numeric);
        return summary.columns[0].mean;
    };
    source.delimiter = ';';
    source.notation.decimal = ',';
    BOOST_TEST(mean("12,5") == 12.5);
    BOOST_TEST(mean("-1e3") == -1000.0);
    source.notation.thousands = '.';
    BOOST_TEST(mean("1.004,5") == 1004.5);
    BOOST_TEST(mean("-12.345.678") == -12345678.0);
    source.notation.thousands = ' ';
    BOOST_TEST(mean("1 004,5") == 1004.5);
    BOOST_TEST(mean("1\u00a0004,5") == 1004.5);
    BOOST_TEST(mean("1\u202f004") == 1004.0);
    source.notation = {};
    source.notation.thousands = '\'';
    BOOST_TEST(mean("1'004.5") == 1004.5);
    source.notation.thousands = ',';
    BOOST_TEST(mean("\"1,004.3\"") == 1004.3);
    source.columns["a"] = csv_column{kind::numeric, {}};
    for (const std::string bad : {"1,00", "1,0000", ",100", "1,", "1000,000", "1.5,000", "1,,000"}) {
        BOOST_CHECK_EXCEPTION(summarize("a;label\n" + bad + ";x\n"), error,
                              says({"'" + bad + "' is not a number"}));
    }
    source.notation = {};
    source.notation.decimal = ',';
    BOOST_CHECK_EXCEPTION(summarize("a;label\n1.5;x\n"), error,
                          says({"'1.5' is not a number", "\"decimal\": \".\""}));
    source.notation.thousands = '.';
    const std::string content = "a;label\n1.000,5;x\n3.000,5;y\n";
    BOOST_TEST(features(read_csv(write(content), schema_of(content))) == (floats{-1, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_label_is_read_in_the_notation_of_the_plan) {
    source.delimiter = ';';
    source.notation.decimal = ',';
    const std::string content = "a;label\n1;12,5\n2;13,5\n";
    BOOST_TEST(read_csv(write(content), schema_of(content, true)).targets()[0] == -1.0F);
}

BOOST_AUTO_TEST_CASE(one_number_is_one_class_however_it_is_written) {
    const std::string content = "a,label\n1,1\n2,1.0\n3,01\n4,\"1 \"\n5,+1\n6,2\n";
    const csv_schema schema = schema_of(content);
    BOOST_TEST(schema.classes == (strings{"1", "2"}), boost::test_tools::per_element());
    BOOST_TEST(read_csv(write(content), schema).classes() == (std::vector<std::int32_t>{0, 0, 0, 0, 0, 1}),
               boost::test_tools::per_element());
    const std::vector<csv_summary> apart{summarize("a,label\n1,0\n2,1\n"),
                                         summarize("a,label\n1,0.0\n2,1.0\n")};
    BOOST_TEST(merge(apart, source, false).classes == (strings{"0", "1"}), boost::test_tools::per_element());
    // Where all write it alike it stays as it is.
    BOOST_TEST(schema_of("a,label\n1,00\n2,01\n").classes == (strings{"00", "01"}),
               boost::test_tools::per_element());
    BOOST_TEST(schema_of("a,label\n1,12345678901234567890\n2,12345678901234567891\n").classes.size() == 2U);
    BOOST_TEST(schema_of("a,label\n1,1.50\n2,1.5\n3,x\n").classes == (strings{"1.5", "x"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unseen_categories_can_be_other_ones) {
    const std::string known = "a,b,label\n1,u,x\n3,v,y\n";
    const std::string later = "a,b,label\n1,w,x\n3,v,z\n3,,y\n";
    const csv_schema strict = schema_of(known);
    BOOST_CHECK_EXCEPTION(read_csv(write(later), strict), error,
                          says({"line 2:", "'w'", "\"unseen\": \"other\""}));
    source.unseen_is_other = true;
    const csv_schema schema = schema_of(known);
    BOOST_TEST(feature_count(schema) == 4U);
    std::vector<left_out_row> left_out;
    const dataset set =
        read_csv(write(later), schema, [&](const left_out_row& row) { left_out.push_back(row); });
    BOOST_TEST(features(set) == (floats{-1, 0, 0, 1, 1, 0, 0, 0}), boost::test_tools::per_element());
    BOOST_REQUIRE(left_out.size() == 1U);
    BOOST_TEST(left_out[0].line == 3U);
    BOOST_TEST(set.left_out() == 1U);
    BOOST_TEST(left_out[0].reason.find("'z'") != std::string::npos);
    BOOST_CHECK_EXCEPTION(read_csv(write("a,b,label\n1,u,q\n"), schema), error,
                          says({"no row can be used", "'q'"}));
}

BOOST_AUTO_TEST_SUITE_END()
