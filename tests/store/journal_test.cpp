#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/durable_file.hpp>
#include <fedasio/store/journal.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <fstream>
#include <stdexcept>

using namespace fedasio::store;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;

namespace {

struct scene {
    scratch_directory folder;
    std::filesystem::path file = folder.path() / "new" / "lines";

    void write(journal& lines) const {
        const auto piece = lines.unwritten();
        append_durably(file, piece.from, piece.bytes);
        lines.is_written(piece);
    }

    [[nodiscard]] journal_content read(const journal& lines) const {
        return read_journal(file, "run", lines.end());
    }
};

const std::vector<std::string> three{"one", R"({"two": 2})", ""};

journal of_three() {
    journal lines("run");
    for (const auto& text : three) {
        lines.add(text);
    }
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(journals)

BOOST_AUTO_TEST_CASE(what_was_added_is_read_back) {
    const scene in;
    BOOST_TEST(in.read(journal("run")).problem.empty());
    auto lines = of_three();
    in.write(lines);
    const auto content = in.read(lines);
    BOOST_TEST(content.problem.empty());
    BOOST_TEST(content.lines == three, boost::test_tools::per_element());
    BOOST_CHECK(content.end == lines.end());
}

BOOST_AUTO_TEST_CASE(each_line_is_written_once) {
    const scene in;
    auto lines = of_three();
    in.write(lines);
    BOOST_TEST(lines.unwritten().bytes.empty());
    lines.add("four");
    // Added while the one before is written.
    const auto piece = lines.unwritten();
    lines.add("five");
    append_durably(in.file, piece.from, piece.bytes);
    lines.is_written(piece);
    in.write(lines);
    BOOST_TEST(in.read(lines).lines.size() == 5U);
    BOOST_TEST(std::filesystem::file_size(in.file) == lines.end().bytes);
}

BOOST_AUTO_TEST_CASE(what_no_checkpoint_names_is_cut_off) {
    const scene in;
    auto lines = of_three();
    in.write(lines);
    const auto named = lines.end();
    lines.add("of a round that was lost");
    in.write(lines);
    std::ofstream(in.file, std::ios::app) << "and a torn li";
    auto content = read_journal(in.file, "run", named);
    BOOST_TEST(content.problem.empty());
    BOOST_TEST(content.lines.size() == 3U);
    journal again(content.end);
    again.add("again");
    in.write(again);
    BOOST_TEST(in.read(again).lines.back() == "again");
    BOOST_TEST(in.read(again).problem.empty());
    BOOST_TEST(std::filesystem::file_size(in.file) == again.end().bytes);
}

BOOST_AUTO_TEST_CASE(damage_is_found_wherever_it_is) {
    const scene in;
    auto lines = of_three();
    in.write(lines);
    const auto whole = read_bytes(in.file);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto damaged = whole;
        damaged[at] ^= 4;
        std::ofstream(in.file, std::ios::binary) << damaged;
        const auto content = in.read(lines);
        BOOST_TEST(!content.problem.empty());
        BOOST_TEST(content.lines.size() < 3U);
        // It goes on behind what is undamaged.
        journal rest(content.end);
        rest.add("next");
        in.write(rest);
        BOOST_TEST(in.read(rest).problem.empty());
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::ofstream(in.file, std::ios::binary) << whole.substr(0, size);
        BOOST_TEST(!in.read(lines).problem.empty());
    }
    std::filesystem::remove(in.file);
    BOOST_TEST(!in.read(lines).problem.empty());
}

BOOST_AUTO_TEST_CASE(it_ends_before_a_line_that_does_not_belong) {
    const scene in;
    auto lines = of_three();
    in.write(lines);
    const auto content =
        read_journal(in.file, "run", lines.end(), [](auto text) { return text != three[1]; });
    BOOST_TEST(content.lines.size() == 1U);
    BOOST_TEST(content.problem.find("line 2: it is later than the checkpoint") != std::string::npos);
    journal rest(content.end);
    rest.add("next");
    in.write(rest);
    BOOST_TEST(in.read(rest).problem.empty());
}

BOOST_AUTO_TEST_CASE(lines_of_another_run_are_no_lines) {
    const scene in;
    auto lines = of_three();
    in.write(lines);
    const auto content = read_journal(in.file, "another", lines.end());
    BOOST_TEST(content.lines.empty());
    BOOST_TEST(content.problem.find("line 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(runs_and_plans_have_journals_of_their_own) {
    const scratch_directory dir;
    const std::string plan(64, 'a');
    const std::string other_plan(64, 'b');
    for (const auto& [digest, run] :
         {std::pair{plan, "1f"}, std::pair{plan, "2f"}, std::pair{other_plan, "3f"}}) {
        append_durably(journal_path(dir.path(), digest, run), 0, "x");
    }
    remove_other_journals(dir.path(), plan, "2f");
    BOOST_TEST(!std::filesystem::exists(journal_path(dir.path(), plan, "1f")));
    BOOST_TEST(std::filesystem::exists(journal_path(dir.path(), plan, "2f")));
    BOOST_TEST(std::filesystem::exists(journal_path(dir.path(), other_plan, "3f")));
    for (const auto* const strange : {"", "../../x", "a/b", "a.b"}) {
        BOOST_CHECK_THROW(std::ignore = journal_path(dir.path(), plan, strange), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_SUITE_END()
