#include <fedasio/data/csv.hpp>
#include <fedasio/data/data_description.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"
#include <limits>

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;

namespace {

struct owners {
    scratch_directory directory;
    csv_source source;
    std::vector<owner_summary> all;

    owners() { source.label = "label"; }

    void add(const std::string& name, const std::string& content) {
        all.push_back({name, summarize_csv(directory.write("table.csv", content), source, false)});
    }

    merged_schema merged() const { return merge_owners(all, source, false); }

    /// Who was excluded, and that the reason has these parts.
    strings excluded(const strings& parts) const {
        strings names;
        for (const auto& [place, reason] : merged().excluded) {
            names.push_back(all[place].owner);
            BOOST_TEST(says(parts)(std::runtime_error(reason)), reason);
        }
        return names;
    }

    bool notes(const strings& parts) const {
        for (const std::string& note : merged().notes) {
            if (says(parts)(std::runtime_error(note))) {
                return true;
            }
        }
        return false;
    }
};

const std::string good = "a,b,label\n1,u,x\n2,v,y\n4,u,x\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(csv_owners, owners)

BOOST_AUTO_TEST_CASE(an_owner_whose_summary_makes_no_sense_is_excluded) {
    add("north", good);
    const csv_schema alone = *merged().schema;
    add("south", good);
    const csv_summary sound = all[1].summary;
    const auto spoiled = [&](auto&& spoil, const std::string& why) {
        all[1].summary = sound;
        spoil(all[1].summary);
        BOOST_TEST(excluded({"makes no sense", why}) == strings{"south"}, boost::test_tools::per_element());
        BOOST_CHECK(merged().schema == alone);
    };
    spoiled([](csv_summary& s) { s.rows = 0; }, "no rows");
    spoiled([](csv_summary& s) { s.columns.clear(); }, "no columns");
    spoiled([](csv_summary& s) { s.columns[0].count = 100; }, "more values than rows");
    spoiled([](csv_summary& s) { s.columns[0].missing = ~0ULL; }, "more values than rows");
    spoiled([](csv_summary& s) { s.columns[2].count = 2; }, "without a label");
    spoiled([](csv_summary& s) { s.columns[0].mean = 1e308; }, "fit a float");
    spoiled([](csv_summary& s) { s.columns[0].m2 = std::numeric_limits<double>::infinity(); }, "fit a float");
    spoiled([](csv_summary& s) { s.columns[0].mean = std::numeric_limits<double>::quiet_NaN(); },
            "fit a float");
    spoiled([](csv_summary& s) { s.columns[1].categories = {"v", "u"}; }, "not sorted");
    spoiled([](csv_summary& s) { s.columns[1].categories = {"u", "u"}; }, "not all different");
    spoiled([](csv_summary& s) { s.columns[1].categories = {"1", "2", "3", "4"}; },
            "more categories than values");
    spoiled([](csv_summary& s) { s.columns[1].categories = {"", "u"}; }, "missing value");
    spoiled([](csv_summary& s) { s.columns[0].name = "b"; }, "two columns");
}

BOOST_AUTO_TEST_CASE(all_may_be_excluded) {
    add("north", good);
    all[0].summary.rows = 0;
    BOOST_CHECK(!merged().schema);
    BOOST_TEST(merged().excluded.size() == 1U);
}

BOOST_AUTO_TEST_CASE(most_owners_decide_what_the_columns_are) {
    add("north", good);
    add("east", "a,B,label\n1,u,x\n2,v,y\n");
    BOOST_CHECK_EXCEPTION((void)merged(), error,
                          says({"east:", "north", "lacks 'b'", "'B' differs from 'b' in case only"}));
    add("south", "b,a,label\nu,1,x\n");
    BOOST_TEST(excluded({"that of north, south", "lacks 'b'", "in addition column 'B'"}) == strings{"east"},
               boost::test_tools::per_element());
    BOOST_TEST(merged().schema->columns.size() == 2U);
}

BOOST_AUTO_TEST_CASE(columns_that_not_all_have_can_be_ignored) {
    add("north", good);
    add("south", "c,a,b,label\n1,1,u,x\n2,2,v,y\n");
    BOOST_CHECK_EXCEPTION((void)merged(), error,
                          says({"south:", "in addition column 'c'", "\"extra_columns\": \"ignore\""}));
    source.ignore_extra_columns = true;
    const csv_schema schema = *merged().schema;
    BOOST_TEST(schema.columns.size() == 2U);
    BOOST_TEST(schema.ignore_extra_columns);
    BOOST_TEST(notes({"column 'c' is ignored"}));
    const auto file = directory.write("table.csv", "c,a,b,label\n1,1,u,x\n2,2,v,y\n");
    BOOST_TEST(read_csv(file, schema).feature_count() == 3U);
}

BOOST_AUTO_TEST_CASE(most_owners_decide_what_kind_a_column_is) {
    add("north", good);
    add("south", "a,b,label\nmany,u,x\nfew,v,y\n");
    BOOST_CHECK_EXCEPTION((void)merged(), error,
                          says({"only numbers at north", "text at south (such as 'few')"}));
    add("east", good);
    BOOST_TEST(excluded({"only numbers at north, east", "text at south (such as 'few')", "declare"}) ==
                   strings{"south"},
               boost::test_tools::per_element());
    BOOST_CHECK(merged().schema->columns[0].type == csv_column::kind::numeric);
    add("west", "a,b,label\n,u,x\n,v,y\n");
    BOOST_TEST(merged().excluded.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_owner_cannot_spoil_the_scale_or_fill_the_categories) {
    source.columns["b"] = csv_column{csv_column::kind::categorical, {}};
    add("north", good);
    add("south", "a,b,label\n3,u,x\n5,v,y\n");
    add("east", "a,b,label\n1e30,u,x\n2e30,v,y\n");
    BOOST_TEST(excluded({"column 'a'", "far from all others'"}) == strings{"east"},
               boost::test_tools::per_element());
    std::string flood = "a,b,label\n";
    for (int i = 0; i < 9999; ++i) {
        flood += "1,c" + std::to_string(i) + ",x\n";
    }
    all.pop_back();
    add("east", flood + "1,c,y\n");
    BOOST_TEST(excluded({"10002 categories", "declare"}) == strings{"east"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_may_not_be_meant_is_noted) {
    add("north", "a,b,c,label\n1,u,5,x\n2,U,5,x\n");
    BOOST_TEST(notes({"'label' has the one class 'x'"}));
    BOOST_TEST(notes({"'U' and 'u'", "column 'b'"}));
    BOOST_TEST(notes({"column 'c' has the same number"}));
    add("south", "a,b,c,label\n1000,u,5,x\n2000,u,5,y\n");
    BOOST_TEST(notes({"column 'a'", "is the unit the same"}));
    BOOST_TEST(!notes({"one class"}));
}

BOOST_AUTO_TEST_CASE(a_description_tells_what_was_understood) {
    add("north", good);
    add("south", "a,b,label\nNA,u,z\n9,,x\n");
    const data_description what = describe(*merged().schema, all, {});
    BOOST_TEST(what.inputs == 3U);
    BOOST_TEST(what.columns[0].values == 4U);
    BOOST_TEST(what.columns[0].missing == 1U);
    BOOST_TEST(what.columns[0].mean == 4.0);
    BOOST_TEST(what.columns[1].categories == (strings{"u", "v"}), boost::test_tools::per_element());
    BOOST_TEST(what.classes == (strings{"x", "y", "z"}), boost::test_tools::per_element());
    BOOST_TEST(what.owners[1].rows == 2U);
    BOOST_TEST(what.owners[1].missing == 2U);
    const std::string line = description_line(what);
    BOOST_TEST(line ==
               "5 rows of 2 tables; label 'label': 3 classes 'x', 'y', 'z'; 'a': numbers, mean 4, deviation "
               "3.082, 1 missing; 'b': 2 categories 'u', 'v', 1 missing");
    BOOST_TEST(list_classes(*merged().schema, all) == "'x', 'y' (only at north), 'z' (only at south)");
}

BOOST_AUTO_TEST_CASE(a_description_is_bounded) {
    std::string header = "label";
    std::string row = "x";
    std::string other = "y";
    for (int i = 0; i < 1000; ++i) {
        header += ",c" + std::to_string(i);
        row += ",1";
        other += ",2";
    }
    add("north", header + "\n" + row + "\n" + other + "\n");
    const data_description what = describe(*merged().schema, all, {});
    BOOST_TEST(what.column_count == 1000U);
    BOOST_TEST(what.columns.size() == data_description::most_columns);
    BOOST_TEST(description_line(what).size() < 5000U);
    BOOST_TEST(description_line(what).find("more columns") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
