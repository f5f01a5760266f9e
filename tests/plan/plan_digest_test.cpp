#include <fedasio/plan/plan.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

// Digests stand in reports, checkpoints and models of years ago: a key that comes later must not change them.
// tests/plan/digests.txt has a line for each plan that comes with the project, and for those in
// tests/plan/digests/, which use every key: its digest, and that of its whole canonical text.

namespace {

std::map<std::string, std::string> held() {
    std::ifstream in(FEDASIO_SOURCE_DIR "/tests/plan/digests.txt");
    BOOST_REQUIRE(in.is_open());
    std::map<std::string, std::string> lines;
    std::string file;
    std::string digests;
    while (in >> file && std::getline(in >> std::ws, digests)) {
        lines[file] = digests;
    }
    return lines;
}

std::map<std::string, std::string> found() {
    const std::filesystem::path root = FEDASIO_SOURCE_DIR;
    std::map<std::string, std::string> lines;
    for (const auto* const folder : {"plans", "plans/paper", "plans/strategies", "tests/plan/digests"}) {
        for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
            if (entry.path().extension() == ".json") {
                const auto plan = fedasio::plan::read_plan(entry.path());
                lines[std::filesystem::relative(entry.path(), root)] =
                    plan_digest(plan) + " " +
                    fedasio::store::sha256_hex(fedasio::text::canonical_text(to_json(plan)));
            }
        }
    }
    return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plan_digests)

BOOST_AUTO_TEST_CASE(those_of_plans_stay) {
    const auto before = held();
    const auto now = found();
    for (const auto& [file, digests] : now) {
        const bool is_held = before.contains(file);
        BOOST_TEST(is_held, "add to tests/plan/digests.txt: " << file << " " << digests);
        if (is_held) {
            BOOST_TEST(before.at(file) == digests, file);
        }
    }
    for (const auto& [file, digests] : before) {
        BOOST_TEST(now.contains(file), file << " is gone; remove its line from tests/plan/digests.txt");
    }
}

BOOST_AUTO_TEST_SUITE_END()
