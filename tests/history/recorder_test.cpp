#include <fedasio/history/past_runs.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include "history/recorded.hpp"
#include <cstdint>
#include <filesystem>
#include <latch>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

namespace history = fedasio::history;
namespace net = fedasio::net;
using numbers = std::vector<int>;
using namespace history::testing;

} // namespace

BOOST_FIXTURE_TEST_SUITE(recorder, recorded)

BOOST_AUTO_TEST_CASE(a_run_is_kept_whole) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 2, {}});
    master.round(1);
    master.events.publish(noticed{noticed::severity::warning, "careful"});
    master.round(2, std::numeric_limits<double>::quiet_NaN());
    master.write();
    BOOST_TEST(run("aa").at("outcome").is_null());
    master.events.publish(training_finished{training_outcome::rounds_done, "2 rounds done", 2, "beef"});
    master.write();

    BOOST_TEST(notices.empty());
    BOOST_REQUIRE(runs().size() == 1U);
    const auto kept = run("aa");
    BOOST_TEST(kept.at("run").as_string() == "aa");
    BOOST_TEST(kept.at("plan").as_string() == "digits");
    BOOST_TEST(kept.at("plan_json").at("name").as_string() == "digits");
    BOOST_TEST(kept.at("seed").to_number<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(kept.at("outcome").as_string() == "rounds_done");
    BOOST_TEST(kept.at("weights_sha256").as_string() == "beef");
    BOOST_TEST(kept.at("ended").as_double() >= kept.at("started").as_double());
    BOOST_TEST(kept.at("rounds").to_number<int>() == 2);
    bool warned = false;
    for (const auto& note : kept.at("notes").as_array()) {
        warned =
            warned || (note.at("text").as_string() == "careful" && note.at("level").as_string() == "warning");
    }
    BOOST_TEST(warned);
    const auto first = parsed(history::rounds_text(file, "aa").value()).at(0);
    BOOST_TEST(fedasio::text::canonical_text(first) == fedasio::text::canonical_text(to_json(result_of(1))));
    const auto clients = parsed(history::clients_text(file, "aa", 1).value()).as_array();
    BOOST_REQUIRE(clients.size() == 2U);
    BOOST_TEST(clients[0].at("worker").as_string() == "north");
    BOOST_TEST(clients[0].at("samples").to_number<int>() == 10);
    BOOST_TEST(clients[0].at("loss").as_double() == 0.5);
    BOOST_TEST(clients[0].at("reason").as_string().empty());
    BOOST_TEST(clients[1].at("samples").is_null());
    BOOST_TEST(clients[1].at("reason").as_string() == "lost");
    BOOST_TEST(clients[1].at("detail").as_string() == "cut off");
    BOOST_TEST(parsed(history::clients_text(file, "aa", 2).value()).at(0).at("loss").is_null());
}

BOOST_AUTO_TEST_CASE(without_a_training_nothing_is_written) {
    process master(*this, "aa");
    master.write();
    BOOST_TEST(!std::filesystem::exists(file));
    BOOST_TEST(runs().empty());
    BOOST_TEST(!history::run_text(file, "aa").has_value());
    BOOST_TEST(!history::rounds_text(file, "aa").has_value());
}

BOOST_AUTO_TEST_CASE(a_resumed_run_goes_on) {
    {
        process master(*this, "aa");
        master.events.publish(training_started{1, 4, {}});
        for (const std::uint32_t round : {1U, 2U, 3U}) {
            master.round(round);
        }
        master.write();
    }
    process master(*this, "bb");
    master.events.publish(noticed{noticed::severity::info, "going on"});
    master.events.publish(run_resumed{"aa", 2, {result_of(1, 9), result_of(2, 9)}});
    master.events.publish(training_started{3, 4, {}});
    master.write();
    BOOST_TEST(runs().size() == 1U);
    BOOST_TEST(rounds("aa") == (numbers{1, 2}));
    BOOST_TEST(parsed(history::clients_text(file, "aa", 3).value()).as_array().empty());
    // What the earlier process wrote of the rounds before is more than the checkpoint knows.
    BOOST_TEST(parsed(history::rounds_text(file, "aa").value()).at(0).at("train_loss").as_double() == 0.5);
    BOOST_TEST(parsed(history::clients_text(file, "aa", 2).value()).as_array().size() == 2U);
    master.round(3, 0.125);
    master.write();
    BOOST_TEST(rounds("aa") == (numbers{1, 2, 3}));
    BOOST_TEST(parsed(history::rounds_text(file, "aa").value()).at(2).at("train_loss").as_double() == 0.125);
    BOOST_TEST(run("aa").at("notes").as_array().size() > 4U);
}

BOOST_AUTO_TEST_CASE(what_the_file_lacks_comes_from_the_checkpoint) {
    process master(*this, "bb");
    master.events.publish(run_resumed{"aa", 2, {result_of(1), result_of(2)}});
    master.events.publish(training_started{3, 4, {}});
    master.write();
    BOOST_TEST(rounds("aa") == (numbers{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_once_and_nothing_is_lost) {
    std::filesystem::create_directories(file);
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    for (const std::uint32_t round : {1U, 2U, 3U}) {
        master.round(round);
        master.write();
    }
    BOOST_REQUIRE(notices.size() == 1U);
    BOOST_TEST((notices[0].first == noticed::severity::error));
    BOOST_TEST(notices[0].second.find(file.string()) != std::string::npos);
    std::filesystem::remove(file);
    master.round(4);
    master.write();
    BOOST_REQUIRE(notices.size() == 2U);
    BOOST_TEST((notices[1].first == noticed::severity::info));
    BOOST_TEST(notices[1].second.find("missing") == std::string::npos);
    BOOST_TEST(rounds("aa") == (numbers{1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded) {
    options.most_rows_waiting = 8;
    std::filesystem::create_directories(file);
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    for (std::uint32_t round = 1; round <= 9; ++round) {
        master.round(round);
        master.write();
    }
    std::filesystem::remove(file);
    master.write();
    BOOST_TEST(rounds("aa") == (numbers{1}));
    BOOST_REQUIRE(notices.size() == 2U);
    BOOST_TEST(notices[1].second.find("missing") != std::string::npos);
}

/// The report's digest and the plan's change that were to be written when rows were left out.
void check_facts(const recorded& kept) {
    const auto report = parsed(history::report_text(kept.file, "aa").value()).as_object();
    const auto* const digest = report.at("data_sha256").as_object().if_contains("north");
    BOOST_TEST_REQUIRE(digest != nullptr);
    BOOST_TEST(digest->as_string() == "ab");
    BOOST_TEST(report.at("changes").as_array().size() == 1U);
}

BOOST_AUTO_TEST_CASE(facts_that_found_no_room_come_with_the_next_round) {
    options.most_rows_waiting = 8;
    std::filesystem::create_directories(file);
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    master.round(1);
    master.round(2);
    master.events.publish(worker_assigned{7, {}, "ab"});
    master.events.publish(plan_changed{3, 4, std::nullopt, 60, 1, ""});
    master.round(3);
    std::filesystem::remove(file);
    master.write();
    master.round(4);
    master.write();
    check_facts(*this);
}

BOOST_AUTO_TEST_CASE(facts_that_came_while_a_write_failed_come_with_the_next_round) {
    options.most_rows_waiting = 10;
    std::filesystem::create_directories(file);
    process master(*this, "aa");
    std::latch slow_disk(1);
    for (int thread = 0; thread < 2; ++thread) {
        boost::asio::post(pool, [&] { slow_disk.wait(); });
    }
    master.events.publish(training_started{1, 4, {}});
    master.events.publish(client_updated{1, 0, 7, 10, 0.5, 0.75, 0.25});
    master.events.publish(client_updated{1, 1, 7, 10, 0.5, 0.75, 0.25});
    net::nursery writing(rt.executor);
    writing.spawn(master.recorder.run());
    live.context().poll(); // these are on their way
    master.events.publish(worker_assigned{7, {}, "ab"});
    master.events.publish(plan_changed{2, 4, std::nullopt, 60, 1, ""});
    master.round(1);
    slow_disk.count_down();
    writing.cancel();
    live.run(writing.join());
    std::filesystem::remove(file);
    master.write();
    master.round(2);
    master.write();
    check_facts(*this);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_history_is_not_touched) {
    const std::string other(5000, 'x');
    fedasio::test::write_bytes(file, other);
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    master.round(1);
    master.write();
    BOOST_TEST(notices.size() == 1U);
    BOOST_TEST(fedasio::test::read_bytes(file) == other);
    BOOST_CHECK_THROW(std::ignore = history::runs_text(file), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
