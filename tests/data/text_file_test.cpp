#include <fedasio/data/csv.hpp>
#include <fedasio/data/error.hpp>

#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include "data/says.hpp"
#include "scratch_directory.hpp"

using namespace fedasio::data;
using fedasio::data::test::says;
using fedasio::test::scratch_directory;
using namespace std::string_literals;

namespace {

struct files {
    scratch_directory directory;
    csv_source source;

    files() { source.label = "label"; }

    csv_summary summarize(const std::string& content) const {
        return summarize_csv(directory.write("table.csv", content), source, false);
    }

    csv_summary summarize_gzipped(const std::string& content, std::size_t cut = 0) const {
        const auto path = directory.write("table.csv.gz", "");
        const gzFile file = gzopen(path.c_str(), "wb");
        BOOST_REQUIRE(gzwrite(file, content.data(), static_cast<unsigned>(content.size())) > 0);
        gzclose(file);
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - cut);
        return summarize_csv(path, source, false);
    }

    /// With `before` and `after` zero bytes around each character.
    static std::string widen(std::string_view text, std::size_t before, std::size_t after) {
        std::string wide;
        for (const char c : text) {
            wide += std::string(before, '\0') + c + std::string(after, '\0');
        }
        return wide;
    }
};

const std::string table = "age,ward,label\n1,a,x\n2,b,y\n3,a,x\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(text_files, files)

BOOST_AUTO_TEST_CASE(gzipped_tables_are_read) {
    BOOST_CHECK(summarize_gzipped(table) == summarize(table));
    std::string large = table;
    for (int i = 0; i < 100'000; ++i) {
        large += std::to_string(i % 77) + ",a,x\n";
    }
    BOOST_TEST(summarize_gzipped(large).rows == 100'003U);
    BOOST_CHECK_EXCEPTION(summarize_gzipped(large, 20), error, says({"table.csv.gz", "cut short"}));
}

BOOST_AUTO_TEST_CASE(other_kinds_of_files_are_told_with_their_remedy) {
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"\xff\xfe" + widen(table, 0, 1), "UTF-16"},
        {"\xfe\xff" + widen(table, 1, 0), "UTF-16"},
        {widen(table, 0, 1), "UTF-16LE"},
        {widen(table, 1, 0), "UTF-16BE"},
        {"\xff\xfe\0\0"s + widen(table, 0, 3), "UTF-32LE"},
        {widen(table, 0, 3), "UTF-32LE"},
        {widen(table, 3, 0), "UTF-32BE"},
        {"PAR1\x15\x04"s + table, "Parquet"},
        {"PK\x03\x04..[Content_Types].xml.."s, "spreadsheet"},
        {"PK\x03\x04..table.csv.."s, "zip archive"},
        {"\x28\xb5\x2f\xfd.."s, "zstd -d"},
        {"BZh91AY\x01"s, "bunzip2"},
        {"\xfd"s + "7zXZ\0"s, "unxz"},
        {"SQLite format 3\0"s, "SQLite"},
        {"%PDF-1.7\n", "PDF"},
        {"\n<!DOCTYPE html><html>", "web page"},
        {"<?xml version=\"1.0\"?>", "XML"},
        {"[{\"age\": 1}]", "JSON"},
        {"{\n \"age\": [1]}", "JSON"},
        {"\xd0\xcf\x11\xe0\xa1", "old Excel"},
        {"\x89HDF\r\n", "HDF5"},
        {"ARROW1\0\0"s, "Feather"},
        {"\0\0\x08\x03\0\0"s, "IDX"},
        {"age,label\n1,\0\n"s, "zero bytes"},
    };
    for (const auto& [content, told] : kinds) {
        BOOST_TEST_CONTEXT(told) {
            BOOST_CHECK_EXCEPTION(summarize(content), error, says({"table.csv: is ", told}));
        }
    }
    BOOST_CHECK_EXCEPTION(summarize_gzipped("PAR1\x15\x04"s), error, says({"Parquet"}));
}

BOOST_AUTO_TEST_CASE(headers_that_begin_like_another_kind_are_headers) {
    for (const std::string name : {"PAR1", "BZh", "ORC", "GIF8", "FEA1", "PK"}) {
        BOOST_TEST(summarize(name + ",label\n1,x\n2,y\n").rows == 2U);
    }
}

BOOST_AUTO_TEST_CASE(text_in_another_encoding_is_told) {
    BOOST_CHECK_EXCEPTION(summarize("a,label\nM\xfcnchen,x\n"), error,
                          says({"line 2", "iconv -f windows-1252"}));
}

BOOST_AUTO_TEST_CASE(another_delimiter_is_told) {
    BOOST_CHECK_EXCEPTION(summarize("age;ward;label\n1;a;x\n"), error,
                          says({"'label'", "3 columns", "\"delimiter\": \";\""}));
    BOOST_CHECK_EXCEPTION(summarize("age\tward, floor\tlabel\n1\ta\tx\n"), error,
                          says({"\"delimiter\": \"\\t\""}));
    BOOST_CHECK_EXCEPTION(summarize("\"age\";\"ward\";\"label\"\n"), error, says({"\"delimiter\": \";\""}));
    BOOST_CHECK_EXCEPTION(summarize("age|label\n1|x\n"), error, says({"\"delimiter\": \"|\""}));
    BOOST_CHECK_EXCEPTION(summarize("age,label\n12,5,x\n"), error, says({"line 2:", "3 fields", "12,5 too"}));
}

BOOST_AUTO_TEST_SUITE_END()
