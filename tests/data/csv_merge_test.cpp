#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <cmath>
#include <limits>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;
using kind = csv_column::kind;

namespace {

struct owners {
    scratch_directory directory;
    csv_source source;

    owners() { source.label = "label"; }

    std::vector<csv_summary> summarize(const strings& contents, bool regression = false) const {
        std::vector<csv_summary> all;
        for (const std::string& content : contents) {
            all.push_back(summarize_csv(directory.write("table.csv", content), source, regression));
        }
        return all;
    }

    csv_schema merged(const strings& contents, bool regression = false) const {
        return merge(summarize(contents, regression), source, regression);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(csv_merge, owners)

BOOST_AUTO_TEST_CASE(many_owners_agree_with_one_that_has_all_rows) {
    const csv_schema apart =
        merged({"a,b,label\n1,p,x\n2,q,y\n", "b,label,a\nr,z,10\n", "a,b,label\n,p,x\n7,,x\n"});
    const csv_schema together = merged({"a,b,label\n1,p,x\n2,q,y\n10,r,z\n,p,x\n7,,x\n"});
    BOOST_REQUIRE(apart.columns.size() == 2U);
    BOOST_TEST(apart.columns[0].mean == together.columns[0].mean, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(apart.columns[0].mean == 5.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(apart.columns[0].deviation == std::sqrt(54.0 / 4), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(apart.columns[0].deviation == together.columns[0].deviation,
               boost::test_tools::tolerance(1e-12));
    BOOST_CHECK(apart.columns[1] == together.columns[1]);
    BOOST_CHECK(apart.columns[1].type == kind::categorical);
    BOOST_TEST(apart.columns[1].categories == (strings{"p", "q", "r"}), boost::test_tools::per_element());
    BOOST_TEST(apart.classes == (strings{"x", "y", "z"}), boost::test_tools::per_element());
    BOOST_TEST(feature_count(apart) == 4U);
    BOOST_TEST(apart.label == "label");
    BOOST_CHECK(apart ==
                merged({"a,b,label\n1,p,x\n2,q,y\n", "b,label,a\nr,z,10\n", "a,b,label\n,p,x\n7,,x\n"}));
}

BOOST_AUTO_TEST_CASE(the_schema_carries_what_the_plan_says) {
    source.delimiter = ';';
    source.standardize = false;
    source.columns["size"] = csv_column{kind::categorical, {"S", "M", "L"}};
    source.columns["name"] = csv_column{kind::ignored, {}};
    source.columns["label"] = csv_column{kind::categorical, {"yes", "no"}};
    const csv_schema schema = merged({"name;size;age;label\nn;M;3;no\n"});
    BOOST_TEST(schema.delimiter == ';');
    BOOST_TEST(!schema.standardize);
    BOOST_TEST(!schema.regression);
    BOOST_CHECK(schema.columns[0].type == kind::ignored);
    BOOST_TEST(schema.columns[1].categories == (strings{"S", "M", "L"}), boost::test_tools::per_element());
    BOOST_CHECK(schema.columns[2].type == kind::numeric);
    BOOST_TEST(schema.classes == (strings{"yes", "no"}), boost::test_tools::per_element());
    BOOST_TEST(feature_count(schema) == 4U);
}

BOOST_AUTO_TEST_CASE(classes_sort_by_value_if_all_are_integers) {
    BOOST_TEST(merged({"a,label\n1,10\n1,9\n", "a,label\n1,-1\n1,09\n"}).classes ==
                   (strings{"-1", "9", "10"}),
               boost::test_tools::per_element());
    BOOST_TEST(merged({"a,label\n1,10\n1,9\n", "a,label\n1,x\n"}).classes == (strings{"10", "9", "x"}),
               boost::test_tools::per_element());
    BOOST_TEST(merged({"a,label\n1,10.5\n1,9\n"}).classes == (strings{"10.5", "9"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_regression_has_no_classes) {
    const csv_schema schema = merged({"a,label\n1,10\n2,9.5\n"}, true);
    BOOST_TEST(schema.regression);
    BOOST_TEST(schema.classes.empty());
    BOOST_TEST(schema.columns.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_label_of_a_regression_is_standardised_too) {
    const csv_schema schema = merged({"a,label\n1,10\n2,30\n", "a,label\n1,50\n2,70\n"}, true);
    BOOST_TEST(schema.label_mean == 40.0);
    BOOST_TEST(schema.label_deviation == std::sqrt(500.0), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(merged({"a,label\n1,5\n2,5\n"}, true).label_deviation == 1.0);
    source.standardize = false;
    const csv_schema plain = merged({"a,label\n1,10\n2,30\n"}, true);
    BOOST_TEST(plain.label_mean == 0.0);
    BOOST_TEST(plain.label_deviation == 1.0);
}

BOOST_AUTO_TEST_CASE(headers_that_differ_name_owner_and_columns) {
    BOOST_CHECK_EXCEPTION(merged({"a,b,label\n1,2,x\n", "b,label,a\n1,x,2\n", "a,c,d,label\n1,2,3,x\n"}),
                          error,
                          says({"owner 2:", "owner 0", "lacks 'b'", "has in addition columns 'c', 'd'"}));
    BOOST_CHECK_EXCEPTION(merged({"a,label\n1,x\n", "a,z,label\n1,2,x\n"}), error,
                          says({"owner 1:", "it has in addition column 'z'", "extra_columns"}));
    BOOST_CHECK_EXCEPTION(merge({}, source, false), error, says({"no summary"}));
}

BOOST_AUTO_TEST_CASE(numbers_here_and_text_there_need_a_declaration) {
    const strings contents{"a,label\n1,x\n", "a,label\n,x\n", "a,label\nmany,x\nmany,x\nfew,x\n"};
    BOOST_CHECK_EXCEPTION(merged(contents), error,
                          says({"column 'a'", "numbers at owner 0", "text at owner 2", "'few'", "declare"}));
    source.columns["a"] = csv_column{kind::categorical, {}};
    BOOST_TEST(merged(contents).columns[0].categories == (strings{"1", "few", "many"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_owner_without_values_goes_with_the_others) {
    const csv_schema text = merged({"a,b,label\n,,x\n", "a,b,label\nu,5,x\n"});
    BOOST_CHECK(text.columns[0].type == kind::categorical);
    BOOST_CHECK(text.columns[1].type == kind::numeric);
    BOOST_TEST(text.columns[1].mean == 5.0);
    const csv_schema nothing = merged({"a,b,label\n,1,x\n"});
    BOOST_CHECK(nothing.columns[0].type == kind::numeric);
    BOOST_TEST(nothing.columns[0].deviation == 0.0);
}

BOOST_AUTO_TEST_CASE(the_union_of_categories_is_bounded) {
    source.columns["a"] = csv_column{kind::categorical, {}};
    source.columns["b"] = csv_column{kind::categorical, {}};
    const auto part = [](std::size_t from, std::size_t count) {
        std::string content = "a,b,label\n";
        for (std::size_t i = from; i < from + count; ++i) {
            content += "v" + std::to_string(i) + ",,x\n";
        }
        return content;
    };
    BOOST_TEST(feature_count(merged({part(0, 6000), part(5000, 5000)})) == most_categories);
    BOOST_CHECK_EXCEPTION(merged({part(0, 6000), part(5000, 5001)}), error,
                          says({"column 'a'", "10000", "ignored"}));

    source.columns.clear();
    const auto fill = [](csv_summary& summary, std::size_t column, std::size_t count) {
        strings& categories = summary.columns[column].categories;
        for (std::size_t i = 0; i < count; ++i) {
            categories.push_back("z" + std::to_string(100'000 + i));
        }
        summary.rows = 100'000;
        for (csv_column_summary& told : summary.columns) {
            told.count = summary.rows;
        }
    };
    std::vector<csv_summary> labels = summarize({"a,label\n1,x\n"});
    fill(labels[0], 1, most_categories);
    BOOST_CHECK_EXCEPTION(merge(labels, source, false), error, says({"column 'label'", "10000"}));

    std::vector<csv_summary> wide = summarize({"a,b,label\nu,v,x\n"});
    fill(wide[0], 0, most_categories / 2);
    fill(wide[0], 1, most_categories / 2);
    BOOST_CHECK_EXCEPTION(merge(wide, source, false), error, says({"with column 'b'", "10000"}));
}

BOOST_AUTO_TEST_CASE(summaries_that_make_no_sense_are_refused) {
    const std::vector<csv_summary> good =
        summarize({"a,b,label\n1,u,x\n2,v,y\n", "a,b,label\n1,u,x\n2,v,y\n"});
    BOOST_CHECK_NO_THROW(merge(good, source, false));
    const auto refused = [&](auto&& spoil) {
        std::vector<csv_summary> bad = good;
        spoil(bad[1]);
        BOOST_CHECK_EXCEPTION(merge(bad, source, false), error, says({"owner 1:", "check"}));
    };
    refused([](csv_summary& s) { s.columns[0].mean = std::numeric_limits<double>::quiet_NaN(); });
    refused([](csv_summary& s) { s.columns[0].m2 = std::numeric_limits<double>::infinity(); });
    refused([](csv_summary& s) { s.columns[0].m2 = -1; });
    refused([](csv_summary& s) { s.columns[0].count = 3; });
    refused([](csv_summary& s) { s.columns[0].missing = std::numeric_limits<std::uint64_t>::max(); });
    refused([](csv_summary& s) { s.columns[2].count = 1; });
    refused([](csv_summary& s) { s.columns[2].numeric = true; });
    refused([](csv_summary& s) { s.rows = 0; });
    refused([](csv_summary& s) { s.columns.push_back(s.columns[0]); });
    source.columns["a"] = csv_column{kind::numeric, {}};
    refused([](csv_summary& s) { s.columns[0].numeric = false; });
    source.columns.clear();
    refused([](csv_summary& s) { s.columns[0].mean = 1e308; });
    refused([](csv_summary& s) { s.columns[0].m2 = 1e300; });
    refused([](csv_summary& s) { s.columns[1].categories = {"v", "u"}; });
    refused([](csv_summary& s) { s.columns[1].categories = {"u", "u"}; });
    refused([](csv_summary& s) { s.columns[1].categories = {"u", "v", "w"}; });
    refused([](csv_summary& s) { s.columns[0].categories = {"u"}; });
    refused([](csv_summary& s) { s.columns[2].categories = {"NA", "x"}; });
}

BOOST_AUTO_TEST_SUITE_END()
