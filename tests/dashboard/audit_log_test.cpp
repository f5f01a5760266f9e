#include <fedasio/dashboard/audit_log.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace {

using fedasio::dashboard::audit_entry;
using fedasio::dashboard::audit_log;
using fedasio::dashboard::role;
namespace asio = boost::asio;
namespace fs = std::filesystem;

/// A log that writes when the test says so.
struct fixture {
    fedasio::test::scratch_directory folder;
    fs::path file = folder / "audit.log";
    asio::io_context home{1};
    asio::io_context pool{1};
    std::vector<std::string> notices;
    audit_log log{
        home.get_executor(), pool.get_executor(), file,
        [this](bool works, const std::string& problem) { notices.push_back(works ? "works" : problem); }};

    void write(const std::string& what) {
        audit_entry entry;
        entry.what = what;
        log.write(entry);
    }

    void settle() {
        pool.restart();
        pool.run();
        home.restart();
        home.run();
    }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::ifstream in(file);
        std::vector<std::string> all;
        for (std::string line; std::getline(in, line);) {
            all.push_back(line);
        }
        return all;
    }
};

bool holds(const std::string& line, const std::string& what) {
    return line.find("\"what\":\"" + what + "\"") != std::string::npos && line.ends_with('}');
}

} // namespace

BOOST_AUTO_TEST_SUITE(dashboard_audit_log)

BOOST_AUTO_TEST_CASE(a_line) {
    audit_entry entry{
        1767323045.678,          "command", role::operates, "10.0.0.1:5", "5c0f", "{\"a\":\"\n\xff\"}", 409,
        R"({"accepted":false})", 0};
    BOOST_TEST(
        audit_line(entry) ==
        R"({"time":"2026-01-02T03:04:05.678Z","action":"command","role":"operator","address":"10.0.0.1:5",)"
        R"("session":"5c0f","what":"{\"a\":\"\n)"
        "\xef\xbf\xbd"
        R"(\"}","status":409,"answer":{"accepted":false}})");
    entry = {};
    entry.left_out = 3;
    BOOST_TEST(audit_line(entry) ==
               R"({"time":"1970-01-01T00:00:00.000Z","action":"","role":null,"address":"","session":"",)"
               R"("what":"","status":0,"answer":null,"left_out":3})");
}

BOOST_FIXTURE_TEST_CASE(lines_in_order_for_the_owner_only, fixture) {
    for (int i = 0; i < 20; ++i) {
        write(std::to_string(i));
    }
    settle();
    const auto all = lines();
    BOOST_REQUIRE(all.size() == 20U);
    for (std::size_t i = 0; i < 20; ++i) {
        BOOST_TEST(holds(all[i], std::to_string(i)));
    }
    BOOST_TEST((fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
    BOOST_TEST(notices.empty());
}

BOOST_FIXTURE_TEST_CASE(goes_on_after_what_was_there, fixture) {
    std::ofstream(file) << "before\n{\"cut sho";
    write("a");
    write("b");
    settle();
    const auto all = lines();
    BOOST_REQUIRE(all.size() == 4U);
    BOOST_TEST(all[0] == "before");
    BOOST_TEST(all[1] == "{\"cut sho");
    BOOST_TEST(holds(all[2], "a"));
    BOOST_TEST(holds(all[3], "b"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_waits, fixture) {
    fs::create_directory(file);
    write("a");
    write("b");
    settle();
    fs::remove(file);
    write("c");
    settle();
    const auto all = lines();
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST(holds(all[0], "a"));
    BOOST_TEST(holds(all[1], "b"));
    BOOST_TEST(holds(all[2], "c"));
    BOOST_REQUIRE(notices.size() == 2U);
    BOOST_TEST(notices[0] == "Is a directory");
    BOOST_TEST(notices[1] == "works");
}

BOOST_FIXTURE_TEST_CASE(what_waits_is_bounded, fixture) {
    fs::create_directory(file);
    for (int i = 0; i < 1500; ++i) {
        write(std::to_string(i));
    }
    settle();
    BOOST_TEST(notices.size() == 1U);
    fs::remove(file);
    write("one more");
    settle();
    BOOST_TEST(lines().size() == 1000U);
    BOOST_TEST(holds(lines().front(), "0"));
}

BOOST_AUTO_TEST_CASE(a_pipe_in_its_place_is_no_log_and_holds_nobody_up) {
    fixture it;
    BOOST_TEST_REQUIRE(::mkfifo(it.file.c_str(), 0600) == 0);
    it.write("train");
    it.settle();
    BOOST_TEST_REQUIRE(it.notices.size() == 1U);
    BOOST_TEST(it.notices[0] != "works");
}

BOOST_AUTO_TEST_SUITE_END()
