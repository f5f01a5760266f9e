#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>

#include "data/says.hpp"
#include "scratch_directory.hpp"

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using strings = std::vector<std::string>;

namespace {

struct table {
    scratch_directory directory;
    csv_source source;

    table() { source.label = "label"; }

    csv_summary summarize(std::string_view content, bool regression = false) const {
        return summarize_csv(directory.write("table.csv", content), source, regression);
    }

    void declare(const std::string& name, csv_column::kind type, strings categories = {}) {
        source.columns[name] = csv_column{type, std::move(categories)};
    }
};

constexpr double tolerance = 1e-12;

} // namespace

BOOST_FIXTURE_TEST_SUITE(csv_summarize, table)

BOOST_AUTO_TEST_CASE(columns_are_numeric_or_categorical_by_their_values) {
    const csv_summary summary = summarize("age,town,label\n1,rome,no\n,oslo,yes\n4,rome,no\n+7,,yes\n");
    BOOST_TEST(summary.rows == 4U);
    BOOST_REQUIRE(summary.columns.size() == 3U);
    const csv_column_summary& age = summary.columns[0];
    BOOST_TEST(age.name == "age");
    BOOST_TEST(age.numeric);
    BOOST_TEST(age.count == 3U);
    BOOST_TEST(age.missing == 1U);
    BOOST_TEST(age.mean == 4.0, boost::test_tools::tolerance(tolerance));
    BOOST_TEST(age.m2 == 18.0, boost::test_tools::tolerance(tolerance));
    BOOST_TEST(age.categories.empty());
    const csv_column_summary& town = summary.columns[1];
    BOOST_TEST(!town.numeric);
    BOOST_TEST(town.count == 3U);
    BOOST_TEST(town.missing == 1U);
    BOOST_TEST(town.categories == (strings{"oslo", "rome"}), boost::test_tools::per_element());
    BOOST_TEST(summary.columns[2].categories == (strings{"no", "yes"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(values_of_numeric_columns_stay_at_home) {
    const csv_summary classes = summarize("a,label\n1,3\n2,4\n");
    BOOST_TEST(classes.columns[0].categories.empty());
    BOOST_TEST(classes.columns[1].categories == (strings{"3", "4"}), boost::test_tools::per_element());
    const csv_summary numbers = summarize("a,label\n1,3\n2,4\n", true);
    BOOST_TEST(numbers.columns[1].numeric);
    BOOST_TEST(numbers.columns[1].mean == 3.5);
    BOOST_TEST(numbers.columns[1].categories.empty());
}

BOOST_AUTO_TEST_CASE(declared_types_hold) {
    declare("zip", csv_column::kind::categorical);
    declare("size", csv_column::kind::categorical, {"S", "L"});
    declare("name", csv_column::kind::ignored);
    const csv_summary summary = summarize("zip,size,name,label\n00100,S,\"a\nb\",x\n20095,L,c,y\n");
    BOOST_TEST(!summary.columns[0].numeric);
    BOOST_TEST(summary.columns[0].mean == 0.0);
    BOOST_TEST(summary.columns[0].categories == (strings{"00100", "20095"}),
               boost::test_tools::per_element());
    BOOST_TEST(summary.columns[1].categories.empty());
    csv_column_summary only_name;
    only_name.name = "name";
    BOOST_CHECK(summary.columns[2] == only_name);
    BOOST_TEST(summary.columns[3].categories == (strings{"x", "y"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(large_offsets_do_not_spoil_the_variance) {
    std::string content = "a,label\n";
    for (int i = 0; i < 1000; ++i) {
        content += std::to_string(1'000'000'000'000LL + i % 2) + ",x\n";
    }
    BOOST_TEST(summarize(content).columns[0].m2 == 250.0, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(the_ways_to_write_a_table_read_alike) {
    const csv_summary plain = summarize("a,b,label\n1,u v,x\n2,w,y\n");
    const std::string mark = "\xef\xbb\xbf";
    const strings others{
        mark + "a,b,label\n1,u v,x\n2,w,y\n",
        "a,b,label\r\n1,u v,x\r\n2,w,y\r\n",
        "a,b,label\r1,u v,x\r2,w,y\r",
        "a,b,label\n1,u v,x\n2,w,y",
        "\n\na,b,label\n\n1,u v,x\n \t\n2,w,y\n\n\n",
        "\"a\",\"b\",\"label\"\n\"1\",\"u v\",x\n2,\"w\",y\n",
        " a , b , label\n 1 ,  u v ,x \n2 ,w,y\n",
        mark + "\"a\",b,label\r\n\r\n1,u v,x\r\n2,w,\"y\"",
    };
    for (const std::string& other : others) {
        BOOST_TEST_CONTEXT(other) {
            BOOST_CHECK(summarize(other) == plain);
        }
    }
    source.delimiter = ';';
    BOOST_CHECK(summarize("a;b;label\n1;u v;x\n2;w;y\n") == plain);
    source.delimiter = '\t';
    BOOST_CHECK(summarize("a\tb\tlabel\n1\tu v\tx\n2\tw\ty\n") == plain);
}

BOOST_AUTO_TEST_CASE(quoted_fields_hold_delimiters_quotes_and_line_ends) {
    const csv_summary summary =
        summarize("a,label\n\"x,y\",1\n\"say \"\"hi\"\"\",1\n\"two\nlines\",1\n\" \",2\n");
    BOOST_TEST(summary.columns[0].missing == 1U);
    BOOST_TEST(summary.columns[0].categories == (strings{"say \"hi\"", "two\nlines", "x,y"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(rows_longer_than_the_read_buffer_join) {
    declare("a", csv_column::kind::categorical);
    const std::string wide(100'000, 'w');
    std::string content = "a,label\n" + wide + ",x\n";
    for (int i = 0; i < 30'000; ++i) {
        content += "short,y\r\n";
    }
    content += wide + ",z\r\nonly one\r\n";
    BOOST_CHECK_EXCEPTION(summarize(content), error, says({"line 30004:", "1 fields", "has 2"}));
    content.resize(content.size() - 10);
    const csv_summary summary = summarize(content);
    BOOST_TEST(summary.rows == 30'002U);
    BOOST_TEST(summary.columns[0].categories == (strings{"short", wide}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ragged_rows_name_line_and_counts) {
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,x\n2,y,3\n"), error,
                          says({"table.csv, line 3:", "3 fields", "has 2"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\r\n\r\n1\r\n"), error, says({"line 3:", "1 fields", "has 2"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\r1,x\r2\r"), error, says({"line 3:", "1 fields"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n\"p\nq\n\",x\n\"r\ns\",y,z\n"), error,
                          says({"line 5:", "3 fields"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,x,"), error, says({"line 2:", "3 fields"}));
}

BOOST_AUTO_TEST_CASE(misplaced_quotes_are_refused) {
    BOOST_CHECK_EXCEPTION(summarize("a,label\nb\"c,x\n"), error, says({"line 2:", "quote"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n\"b\"c,x\n"), error, says({"line 2:", "quote"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,x\n\"b,x\n3,y\n"), error, says({"line 3:", "never closed"}));
    std::string endless = "a,label\n1,x\n\"";
    for (int i = 0; i < 300'000; ++i) {
        endless += "01234567890123456789012345678901234567890123456789012345678\n";
    }
    BOOST_CHECK_EXCEPTION(summarize(endless), error, says({"line 3:", "16 MiB"}));
}

BOOST_AUTO_TEST_CASE(headers_are_checked) {
    BOOST_CHECK_EXCEPTION(summarize("a,b,a,label\n1,2,3,x\n"), error,
                          says({"line 1:", "1 and 3", "same name"}));
    BOOST_CHECK_EXCEPTION(
        summarize("zebra,Labels,age\n1,2,3\n"), error,
        says({"line 1:", "no column 'label'", "of its 3 columns", "similar names: 'Labels'"}));
    BOOST_CHECK_EXCEPTION(summarize("Label,age\n1,2\n"), error, says({"'Label'", "differs in case only"}));
    BOOST_TEST(summarize("\" label \",age\nx,2\n").columns[0].name == "label");
    BOOST_CHECK_EXCEPTION(summarize("1,2.5,3\n4,5,6\n"), error,
                          says({"3 fields", "are numbers", "header line"}));
    BOOST_CHECK_EXCEPTION(summarize("label\n1\n"), error, says({"no column is left", "delimiter"}));
    BOOST_CHECK_EXCEPTION(summarize("a,b\xff,label\n1,2,3\n"), error, says({"column 2", "UTF-8"}));
    declare("b", csv_column::kind::numeric);
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n"), error, says({"no column 'b'"}));
}

BOOST_AUTO_TEST_CASE(the_header_of_a_file_that_is_not_the_table_is_not_quoted) {
    const auto tells_nothing = [](const error& thrown) {
        const std::string text = thrown.what();
        return text.find("s3cret") == std::string::npos && text.find("hidden") == std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(summarize("s3cret,hidden\n1,2\n"), error, tells_nothing);
    BOOST_CHECK_EXCEPTION(summarize("s3cret\n"), error, tells_nothing);
    BOOST_CHECK_EXCEPTION(summarize("s3cret,s3cret\n"), error, tells_nothing);
}

BOOST_AUTO_TEST_CASE(declarations_are_checked) {
    declare("label", csv_column::kind::ignored);
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n"), error, says({"'label'", "ignored"}));
    declare("label", csv_column::kind::categorical);
    BOOST_CHECK_NO_THROW(summarize("a,label\n1,2\n"));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n", true), error, says({"'label'", "regression"}));
    declare("label", csv_column::kind::numeric);
    BOOST_TEST(summarize("a,label\n1,2\n").columns[1].categories == (strings{"2"}),
               boost::test_tools::per_element());
    declare("a", csv_column::kind::categorical, {"u", "v", "u"});
    BOOST_CHECK_EXCEPTION(summarize("a,label\nu,2\n"), error, says({"'a'", "'u' twice"}));
    source.delimiter = '"';
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n"), error, says({"delimiter"}));
}

BOOST_AUTO_TEST_CASE(files_without_rows_are_refused) {
    BOOST_CHECK_EXCEPTION(summarize(""), error, says({"is empty"}));
    BOOST_CHECK_EXCEPTION(summarize("\xef\xbb\xbf\n\n"), error, says({"is empty"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n"), error, says({"no rows"}));
    BOOST_CHECK_EXCEPTION(summarize_csv(directory.path() / "nowhere.csv", source, false), error,
                          says({"nowhere.csv", "no such file"}));
    BOOST_CHECK_EXCEPTION(summarize_csv("/dev/null", source, false), error,
                          says({"is a device, where a file is needed"}));
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none_are_refused) {
    for (const std::string bad : {"inf", "-Infinity", "1e39", "-1e400"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_CHECK_EXCEPTION(summarize("a,label\n1,x\n" + bad + ",x\n2,x\n"), error,
                                  says({"line 3", "column 'a'", "'" + bad + "'", "finite"}));
        }
    }
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n1,inf\n", true), error,
                          says({"line 3:", "'label'", "'inf'"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,2\n1,x\n", true), error, says({"line 3:", "'label'", "'x'"}));
    const csv_summary text = summarize("a,label\n1,x\nlow,x\nlow,x\nhigh,x\n");
    BOOST_TEST(text.columns[0].categories == (strings{"1", "high", "low"}), boost::test_tools::per_element());
    BOOST_TEST(text.columns[0].count == 4U);
    BOOST_TEST(text.columns[0].mean == 0.0);
    BOOST_TEST(text.columns[0].m2 == 0.0);
    declare("a", csv_column::kind::numeric);
    for (const std::string bad : {"12a", "0x10", "1,5", "--1", "+-1", "1 2", "+", "1e"}) {
        BOOST_CHECK_EXCEPTION(summarize("a,label\n\"" + bad + "\",x\n"), error,
                              says({"line 2:", "'" + bad + "' is not a number"}));
    }
}

BOOST_AUTO_TEST_CASE(labels_may_not_be_missing) {
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,x\n2,\n"), error, says({"line 3:", "label is missing"}));
    BOOST_CHECK_EXCEPTION(summarize("a,label\n1,3\n2,\"\"\n", true), error,
                          says({"line 3:", "label is missing"}));
}

BOOST_AUTO_TEST_CASE(categories_are_bounded) {
    declare("a", csv_column::kind::categorical);
    declare("label", csv_column::kind::categorical);
    const auto with = [](std::size_t count, bool label) {
        std::string content = "a,b,label\n";
        for (std::size_t i = 0; i < count; ++i) {
            const std::string name = "v" + std::to_string(i);
            content += label ? "1,2," + name + "\n" : name + "," + (i % 2 == 0 ? "p" : "q") + ",x\n";
        }
        return content;
    };
    BOOST_TEST(summarize(with(most_categories - 2, false)).columns[0].categories.size() ==
               most_categories - 2);
    BOOST_CHECK_EXCEPTION(summarize(with(most_categories - 1, false)), error,
                          says({"line 10000:", "column 'a'", "10000 categories", "ignored"}));
    BOOST_TEST(summarize(with(most_categories, true)).columns[2].categories.size() == most_categories);
    BOOST_CHECK_EXCEPTION(summarize(with(most_categories + 1, true)), error,
                          says({"line 10002:", "10000 classes", "regression"}));
    declare("a", csv_column::kind::ignored);
    BOOST_CHECK_NO_THROW(summarize(with(most_categories + 1, false)));
}

BOOST_AUTO_TEST_CASE(text_in_other_encodings_is_refused) {
    BOOST_CHECK_EXCEPTION(summarize("a,label\nM\xfcnchen,x\n"), error,
                          says({"line 2:", "'M?nchen'", "iconv"}));
    BOOST_CHECK_NO_THROW(summarize("a,label\nM\xc3\xbcnchen,x\n"));
}

BOOST_AUTO_TEST_SUITE_END()
