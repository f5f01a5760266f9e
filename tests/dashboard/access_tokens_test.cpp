#include <fedasio/dashboard/access_tokens.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

using fedasio::dashboard::access_tokens;
namespace fs = std::filesystem;

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

std::string refusal(const fs::path& file) {
    try {
        (void)access_tokens::read_or_make(file);
    } catch (const std::runtime_error& problem) {
        return problem.what();
    }
    return "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_access_tokens)

BOOST_AUTO_TEST_CASE(made_once_and_kept) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder / "tokens";
    const auto first = access_tokens::read_or_make(file);
    BOOST_TEST((fs::status(file).permissions() == owner_only));
    const auto again = access_tokens::read_or_make(file);
    BOOST_TEST(again.of_viewers == first.of_viewers);
    BOOST_TEST(again.of_operators == first.of_operators);
    BOOST_TEST(first.of_viewers != first.of_operators);
    BOOST_TEST(first.of_viewers.size() == 48U); // 192 bits
    BOOST_TEST(access_tokens::make().of_viewers != first.of_viewers);
    BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_file_of_ones_own) {
    const fedasio::test::scratch_directory folder;
    const auto file =
        folder.write("tokens", "viewer abcdefghijklmnopqrstuv\noperator ABCDEFGHIJKLMNOPQRST-_\n");
    fs::permissions(file, owner_only);
    const auto found = access_tokens::read_or_make(file);
    BOOST_TEST(found.of_viewers == "abcdefghijklmnopqrstuv");
    BOOST_TEST(found.of_operators == "ABCDEFGHIJKLMNOPQRST-_");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_of_tokens) {
    const fedasio::test::scratch_directory folder;
    const std::string good = "operator 0123456789012345678901";
    for (const auto& text :
         {std::string(), good, good + "\nviewer short", good + "\nviewer 012345678901234567890/",
          good + "\nviewer 0123456789012345678901", good + "\nvisitor 012345678901234567890x",
          good + "\nviewer " + std::string(129, 'x'), std::string(2000, 'x')}) {
        const auto file = folder.write("tokens", text);
        fs::permissions(file, owner_only);
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(refusal(file).find("tokens") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_read) {
    const fedasio::test::scratch_directory folder;
    const auto file = folder / "tokens";
    (void)access_tokens::make();
    BOOST_TEST(refusal(file).empty());
    fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
    BOOST_TEST(refusal(file).find("can be read by others") != std::string::npos);
    BOOST_TEST(refusal(folder.path()).find("is a folder, where a file is needed") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
