#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/digest.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <chrono>
#include <limits>
#include <stdexcept>

using namespace fedasio::store;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;
using fedasio::test::write_bytes;

namespace {

const std::string digest = sha256_hex("this plan");
const std::string other_digest = sha256_hex("another plan");

checkpoint at_round(std::uint32_t round, const std::string& plan = digest) {
    const auto value = static_cast<float>(round);
    return {round,
            std::numeric_limits<std::uint64_t>::max(),
            plan,
            {value, -value, 0.5F},
            {{"m", {2 * value}}, {"v", {}}},
            R"([{"x":1}])"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(checkpoints)

BOOST_AUTO_TEST_CASE(what_is_saved_is_found) {
    const scratch_directory dir;
    checkpoint saved = at_round(5);
    const auto path = save_checkpoint(dir / "new", saved);
    BOOST_TEST(path.filename() == digest.substr(0, 16) + "-0000000005.safetensors");
    const checkpoint_search found = latest_checkpoint(dir / "new", digest);
    BOOST_TEST(found.warnings.empty());
    BOOST_REQUIRE(found.latest.has_value());
    BOOST_CHECK(*found.latest == saved);

    saved.strategy_state.clear();
    saved.history.clear();
    saved.round = std::numeric_limits<std::uint32_t>::max();
    save_checkpoint(dir / "new", saved);
    BOOST_CHECK(latest_checkpoint(dir / "new", digest).latest == saved);
}

BOOST_AUTO_TEST_CASE(a_missing_directory_holds_none) {
    const scratch_directory dir;
    const checkpoint_search found = latest_checkpoint(dir / "none", digest);
    BOOST_TEST(!found.latest.has_value());
    BOOST_TEST(found.warnings.empty());
}

BOOST_AUTO_TEST_CASE(only_the_last_ones_are_kept) {
    const scratch_directory dir;
    for (const std::uint32_t round : {8U, 9U, 10U, 11U, 12U}) {
        save_checkpoint(dir.path(), at_round(round));
    }
    BOOST_TEST(dir.entries() == 3U);
    BOOST_TEST(latest_checkpoint(dir.path(), digest).latest->round == 12U);
    save_checkpoint(dir.path(), at_round(13), 1);
    BOOST_TEST(dir.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_run_from_the_start_removes_later_rounds_of_an_earlier_one) {
    const scratch_directory dir;
    for (const std::uint32_t round : {5U, 10U, 15U}) {
        save_checkpoint(dir.path(), at_round(round));
    }
    save_checkpoint(dir.path(), at_round(6));
    BOOST_TEST(dir.entries() == 2U);
    BOOST_TEST(latest_checkpoint(dir.path(), digest).latest->round == 6U);
}

BOOST_AUTO_TEST_CASE(later_work_on_another_plan_is_told_of) {
    const scratch_directory dir;
    const auto ours = save_checkpoint(dir.path(), at_round(2));
    const auto other = save_checkpoint(dir.path(), at_round(7, other_digest));
    const auto then = std::filesystem::last_write_time(ours);
    std::filesystem::last_write_time(other, then - std::chrono::seconds(1));
    BOOST_TEST(latest_checkpoint(dir.path(), digest).warnings.empty());
    std::filesystem::last_write_time(other, then + std::chrono::seconds(1));
    const auto found = latest_checkpoint(dir.path(), digest);
    BOOST_TEST(found.latest->round == 2U);
    BOOST_REQUIRE(found.warnings.size() == 1U);
    BOOST_TEST(found.warnings[0].find(other.string()) != std::string::npos);
    BOOST_TEST(latest_checkpoint(dir.path(), other_digest).warnings.empty());
}

BOOST_AUTO_TEST_CASE(other_plans_and_files_are_left_alone) {
    const scratch_directory dir;
    save_checkpoint(dir.path(), at_round(40, other_digest));
    write_bytes(dir / "notes.safetensors", "x");
    write_bytes(dir / (digest.substr(0, 16) + "-0000000001.safetensors.partial"), "left by a crash");
    const checkpoint_search none = latest_checkpoint(dir.path(), digest);
    BOOST_TEST(!none.latest.has_value());
    BOOST_REQUIRE(none.warnings.size() == 1U);
    BOOST_TEST(none.warnings[0].find("1 checkpoints of other plans") != std::string::npos);
    save_checkpoint(dir.path(), at_round(1), 1);
    BOOST_TEST(latest_checkpoint(dir.path(), digest).latest->round == 1U);
    BOOST_TEST(latest_checkpoint(dir.path(), digest).warnings.empty());
    BOOST_TEST(latest_checkpoint(dir.path(), other_digest).latest->round == 40U);
    BOOST_TEST(dir.entries() == 3U);
}

BOOST_AUTO_TEST_CASE(a_damaged_one_is_set_aside) {
    const scratch_directory dir;
    save_checkpoint(dir.path(), at_round(1));
    const auto path = save_checkpoint(dir.path(), at_round(2));
    const std::string bytes = read_bytes(path);
    for (std::size_t place = 0; place < bytes.size(); ++place) {
        std::string damaged = bytes;
        damaged[place] = static_cast<char>(damaged[place] ^ 4);
        write_bytes(path, damaged);
        const checkpoint_search found = latest_checkpoint(dir.path(), digest);
        BOOST_REQUIRE(found.latest.has_value());
        // Padding may carry anything that is still white space or the like; content may not.
        if (found.latest->round == 2) {
            BOOST_REQUIRE(*found.latest == at_round(2));
        } else {
            BOOST_REQUIRE(*found.latest == at_round(1));
            BOOST_REQUIRE(found.warnings.size() == 1U);
            BOOST_REQUIRE(found.warnings[0].find(path.string()) != std::string::npos);
            BOOST_REQUIRE(read_bytes(path.string() + ".damaged") == damaged);
            BOOST_REQUIRE(!std::filesystem::exists(path));
        }
    }
    BOOST_TEST(dir.entries() == 2U);

    std::string damaged = bytes;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    write_bytes(path, damaged);
    const checkpoint_search found = latest_checkpoint(dir.path(), digest);
    BOOST_TEST(found.latest->round == 1U);
    BOOST_REQUIRE(found.warnings.size() == 1U);
    BOOST_TEST(found.warnings[0].find("SHA-256") != std::string::npos);
    BOOST_TEST(found.warnings[0].find(path.string() + ".damaged") != std::string::npos);
    BOOST_TEST(latest_checkpoint(dir.path(), digest).warnings.empty());

    write_bytes(path, bytes.substr(0, bytes.size() / 2));
    BOOST_TEST(latest_checkpoint(dir.path(), digest).latest->round == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_read_is_left) {
    const scratch_directory dir;
    save_checkpoint(dir.path(), at_round(1));
    const auto path = dir / (digest.substr(0, 16) + "-0000000002.safetensors");
    std::filesystem::create_symlink(dir / "nowhere", path);
    const checkpoint_search found = latest_checkpoint(dir.path(), digest);
    BOOST_TEST(found.latest->round == 1U);
    BOOST_TEST(found.warnings.size() == 1U);
    BOOST_TEST(std::filesystem::is_symlink(path));
}

BOOST_AUTO_TEST_CASE(a_renamed_one_is_not_believed) {
    const scratch_directory dir;
    const auto path = save_checkpoint(dir.path(), at_round(2));
    std::filesystem::rename(path, dir / (digest.substr(0, 16) + "-0000000009.safetensors"));
    BOOST_TEST(!latest_checkpoint(dir.path(), digest).latest.has_value());

    const std::string same_beginning = digest.substr(0, 16) + std::string(48, '0');
    const scratch_directory second;
    save_checkpoint(second.path(), at_round(2, same_beginning));
    const checkpoint_search found = latest_checkpoint(second.path(), digest);
    BOOST_TEST(!found.latest.has_value());
    BOOST_TEST(found.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_digest_too_short_for_a_name) {
    const scratch_directory dir;
    BOOST_CHECK_THROW(save_checkpoint(dir.path(), at_round(1, "abc")), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
