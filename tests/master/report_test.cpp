#include <fedasio/master/report.hpp>
#include <fedasio/master/run_record.hpp>
#include <fedasio/store/durable_file.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <limits>
#include <tuple>

namespace {

namespace master = fedasio::master;
namespace store = fedasio::store;
namespace test = fedasio::test;
using fedasio::net::clock;

class hand_clock final : public clock {
public:
    time_point time;

    [[nodiscard]] time_point now() const override { return time; }

    [[nodiscard]] double unix_time() const override { return 0; }

    [[nodiscard]] std::unique_ptr<fedasio::net::alarm> at(time_point, std::function<void()>) override {
        return nullptr;
    }
};

std::function<std::filesystem::path(const std::string&)> in(const std::filesystem::path& file) {
    return [file](const std::string&) { return file; };
}

/// As a checkpoint does it.
master::kept_run read_back(const master::run_record& record, std::uint32_t round,
                           const std::filesystem::path& file) {
    const auto lines = record.journal.unwritten();
    store::append_durably(file, lines.from, lines.bytes);
    return master::read_run_record(record.text(), round, in(file));
}

} // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(a_round_has_every_key_of_the_report) {
    master::round_result round;
    round.round = 3;
    round.cohort = {0, 2};
    round.dropped = {{2, "lost"}};
    round.train_loss = 0.5;
    round.test_accuracy = 0.75;
    round.seconds[static_cast<std::size_t>(master::phase::training)] = 1.5;
    round.seconds[static_cast<std::size_t>(master::phase::waiting)] = 9;
    const auto json = master::to_json(round);
    BOOST_TEST(json.at("round").to_number<int>() == 3);
    BOOST_TEST(json.at("cohort").as_array().size() == 2U);
    BOOST_TEST(json.at("dropped").as_array().at(0).at("reason").as_string() == "lost");
    BOOST_TEST(json.at("dropped").as_array().at(0).at("client").to_number<int>() == 2);
    BOOST_TEST(json.at("train_loss").as_double() == 0.5);
    BOOST_TEST(json.at("test_accuracy").as_double() == 0.75);
    BOOST_TEST(json.at("train_accuracy").is_null());
    BOOST_TEST(json.at("test_loss").is_null());
    BOOST_TEST(json.at("seconds").at("training").as_double() == 1.5);
    BOOST_TEST(json.at("seconds").as_object().size() == 6U);
    BOOST_TEST(!json.at("seconds").as_object().contains("waiting"));
    BOOST_TEST(json.contains("bytes_sent"));
    BOOST_TEST(json.contains("bytes_received"));
}

BOOST_AUTO_TEST_CASE(a_round_can_be_read_back) {
    master::round_result round;
    round.round = 3;
    round.cohort = {0, 2};
    round.dropped = {{2, "lost"}};
    round.train_loss = 0.1 + 0.2;
    round.test_accuracy = 1.0 / 3;
    for (const auto which : {master::phase::training, master::phase::evaluating}) {
        round.seconds[static_cast<std::size_t>(which)] = 1e-7;
    }
    round.bytes_sent = std::numeric_limits<std::uint64_t>::max();
    round.bytes_received = 7;
    round.time = 1750000042.25;
    round.test_r2 = -0.5;
    round.test_rmse = 1.5;
    round.test_mae = 1.25;
    round.test_auc = 0.875;
    round.test_recall = {0.5, std::nullopt};
    round.test_loss_median = 1;
    round.test_accuracy_median = 2;
    round.test_r2_median = 3;
    round.test_rmse_median = 4;
    round.test_mae_median = 5;
    round.test_auc_median = 6;
    round.test_samples = 40;
    round.test_clients = 2;
    round.test_partial = true;
    round.test_dropped = {{1, "away"}};
    round.flat = master::round_result::plateau{"test_accuracy", 2};
    const auto json = master::to_json(round);
    BOOST_TEST(json.at("plateau").at("since").to_number<int>() == 2);
    BOOST_TEST(!master::to_json(master::round_result()).contains("plateau"));
    BOOST_TEST(json.at("test_r2").as_double() == -0.5);
    BOOST_TEST(json.at("test_recall").as_array().at(1).is_null());
    BOOST_TEST(json.at("test_partial").as_bool());
    BOOST_TEST(json.at("test_dropped").as_array().at(0).at("reason").as_string() == "away");
    BOOST_TEST(master::to_json(master::read_round(master::to_json(round))) == master::to_json(round));
    BOOST_CHECK_THROW(master::read_round({}), std::exception);
}

BOOST_AUTO_TEST_CASE(a_round_from_before_there_were_metrics_can_be_read) {
    auto json = master::to_json(master::round_result());
    for (const auto& member : master::to_json(master::round_result())) {
        if (member.key().starts_with("test_") && member.key() != "test_loss" &&
            member.key() != "test_accuracy") {
            json.erase(member.key());
        }
    }
    BOOST_TEST(master::to_json(master::read_round(json)) == master::to_json(master::round_result()));
}

BOOST_AUTO_TEST_CASE(a_test_of_some_of_the_clients_decides_nothing) {
    master::round_result round;
    round.test_accuracy = 0.75;
    BOOST_TEST(*master::decisive_accuracy(round) == 0.75);
    round.test_partial = true;
    BOOST_TEST(!master::decisive_accuracy(round).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_of_a_run_can_be_read_back) {
    const test::scratch_directory folder;
    const auto file = folder.path() / "journal";
    master::run_record record("5c0f");
    BOOST_TEST(read_back(record, 0, file).resumed.rounds.empty());
    BOOST_TEST(!read_back(record, 0, file).record.schema.has_value());
    record.owners = {{"north", 1}, {"a \"quoted\" one", 0}};
    record.schema.emplace();
    record.schema->label = "species";
    record.schema->classes = {"Adelie", "Gentoo"};
    record.schema->label_deviation = 0.1 + 0.2;
    record.asked.changed.rounds = 1725;
    record.asked.ordered = {1800, 0.9, 1600};
    master::round_result round;
    for (round.round = 1; round.round <= 3; ++round.round) {
        record.add(round);
        record.add(master::plan_changed{round.round + 1, 20, {}, 600, 0.5, "kept"});
    }
    record.tested = {3, {{0, 4, {0.5, 0.75, {}, {}, {}, {}, {1, std::nullopt}}, ""}, {1, 0, {}, "lost"}}};
    const auto read = read_back(record, 3, file);
    BOOST_TEST(read.problem.empty());
    BOOST_TEST(read.record.tested.round == 3U);
    BOOST_TEST(read.record.tested.clients.at(1).reason == "lost");
    BOOST_TEST(read.resumed.run == "5c0f");
    BOOST_TEST(read.resumed.round == 3U);
    BOOST_REQUIRE(read.resumed.rounds.size() == 3U);
    BOOST_TEST(read.resumed.rounds[1].round == 2U);
    BOOST_REQUIRE(read.resumed.changes.size() == 3U);
    BOOST_TEST(read.resumed.changes[2].round == 4U);
    BOOST_TEST(read.resumed.changes[2].loaded == "kept");
    BOOST_TEST((read.record.owners == record.owners));
    BOOST_TEST((read.record.schema == record.schema));
    BOOST_TEST((read.record.asked.changed == record.asked.changed));
    BOOST_TEST((read.record.asked.ordered == record.asked.ordered));
    BOOST_TEST(read.record.text() == record.text());
    for (const auto* const wrong :
         {"", "{}", R"({"run":"a"})", R"({"run":"a","rounds":[{}],"owners":{},"schema":null})",
          R"({"run":"a","journal":{},"owners":{},"schema":null})"}) {
        BOOST_CHECK_THROW(std::ignore = master::read_run_record(wrong, 3, in(file)), std::exception);
    }
}

// What a checkpoint holds does not grow with the rounds.
BOOST_AUTO_TEST_CASE(a_record_is_as_long_after_many_rounds_as_after_few) {
    master::run_record record("5c0f");
    master::round_result round;
    round.cohort.assign(1000, 1'000'000);
    std::size_t first = 0;
    for (round.round = 1; round.round <= 1000; ++round.round) {
        record.add(round);
        record.add(master::plan_changed{round.round + 1, 20, {}, 600, 0.5, ""});
        first = round.round == 1 ? record.text().size() : first;
    }
    BOOST_TEST(record.text().size() < first + 20);
}

BOOST_AUTO_TEST_CASE(a_record_from_before_there_were_journals_goes_on) {
    const test::scratch_directory folder;
    const auto file = folder.path() / "journal";
    master::round_result round;
    round.round = 1;
    const auto text =
        R"({"run":"5c0f","rounds":[)" + serialize(master::to_json(round)) +
        R"(],"owners":{"north":0},"schema":null,"changes":[{"round":2,"last_round":9,)"
        R"("target_accuracy":null,"deadline":600,"fraction":1}],)"
        R"("planned":{"rounds":2,"target_accuracy":null,"deadline":600},"changed":{"rounds":9}})";
    const auto old = master::read_run_record(text, 1, in(file));
    BOOST_TEST(old.resumed.rounds.size() == 1U);
    BOOST_TEST(old.resumed.changes.size() == 1U);
    BOOST_TEST((old.record.asked.changed.rounds == 9U));
    auto record = old.record;
    round.round = 2;
    record.add(round);
    const auto now = read_back(record, 2, file);
    BOOST_TEST(now.resumed.rounds.size() == 2U);
    BOOST_TEST(now.resumed.changes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(rounds_that_a_damaged_journal_cannot_tell_are_missed_aloud) {
    const test::scratch_directory folder;
    const auto file = folder.path() / "journal";
    master::run_record record("5c0f");
    master::round_result round;
    for (round.round = 1; round.round <= 3; ++round.round) {
        record.add(round);
    }
    store::append_durably(file, 0, record.journal.unwritten().bytes);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
    const auto read = master::read_run_record(record.text(), 3, in(file));
    BOOST_TEST(read.problem.find("line 3") != std::string::npos);
    BOOST_TEST(read.resumed.rounds.size() == 2U);
    BOOST_TEST(read.record.journal.end().lines == 2U);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_is_reported_whole) {
    hand_clock time;
    master::report report(time);
    master::round_result round;
    round.round = 1;
    round.seconds[static_cast<std::size_t>(master::phase::training)] = 4;
    master::run_opened opened;
    opened.run = "bb";
    report.take({1, 0, opened});
    report.take({2, 0, master::run_resumed{"aa", 1, {round}, {}, {1, {{7, 10, {}, ""}}}}});
    BOOST_TEST(report.to_json().at("clients").as_array().at(0).at("client").to_number<int>() == 7);
    report.take({2, 0, master::clients_evaluated{2, {{8, 10, {}, ""}}}});
    report.take({3, 0, master::training_started{2, 2, {}}});
    BOOST_TEST(report.to_json().at("checkpoint_round").to_number<int>() == 1);
    time.time += std::chrono::seconds(3);
    round.round = 2;
    report.take({4, 0, master::round_finished{round}});
    report.take({5, 0, master::checkpoint_written{2}});
    report.take({6, 0, master::training_finished{master::training_outcome::rounds_done, "", 2, "x"}});
    const auto json = report.to_json();
    BOOST_TEST(json.at("run").as_string() == "aa");
    BOOST_TEST(json.at("rounds").as_array().size() == 2U);
    BOOST_TEST(json.at("clients").as_array().at(0).at("client").to_number<int>() == 8);
    BOOST_TEST(json.at("clients").as_array().at(0).at("round").to_number<int>() == 2);
    BOOST_TEST(json.at("checkpoint_round").to_number<int>() == 2);
    BOOST_TEST(json.at("seconds_total").as_double() == 7.0);
}

BOOST_AUTO_TEST_CASE(a_number_that_json_cannot_express_is_null) {
    master::round_result result;
    result.train_loss = std::numeric_limits<double>::infinity();
    result.test_loss = std::numeric_limits<double>::quiet_NaN();
    const auto json = master::to_json(result);
    BOOST_TEST(json.at("train_loss").is_null());
    BOOST_TEST(json.at("test_loss").is_null());
}

BOOST_AUTO_TEST_CASE(it_collects_a_run) {
    hand_clock time;
    master::report report(time);
    const auto take = [&](master::event::content what) { report.take(master::event{1, 0, std::move(what)}); };
    master::run_opened opened;
    opened.plan_digest = "abc";
    opened.seed = 18446744073709551615U;
    opened.instruction_set = "x86-64-v3";
    take(opened);
    take(master::model_built{77});
    BOOST_TEST(report.to_json().at("outcome").is_null());
    time.time += std::chrono::seconds(5);
    take(master::training_started{1, 2, {}});
    master::round_finished finished;
    finished.result.round = 1;
    take(finished);
    finished.result.round = 2;
    take(finished);
    time.time += std::chrono::seconds(3);
    take(master::training_finished{master::training_outcome::target_reached, "why", 2, "deadbeef"});
    const auto json = report.to_json();
    BOOST_TEST(json.at("plan_digest").as_string() == "abc");
    BOOST_TEST(json.at("seed").to_number<std::uint64_t>() == 18446744073709551615U);
    BOOST_TEST(json.at("instruction_set").as_string() == "x86-64-v3");
    BOOST_TEST(json.at("parameters").to_number<int>() == 77);
    BOOST_TEST(json.at("outcome").as_string() == "target_reached");
    BOOST_TEST(json.at("weights_sha256").as_string() == "deadbeef");
    BOOST_TEST(json.at("rounds").as_array().size() == 2U);
    BOOST_TEST(json.at("seconds_total").as_double() == 3.0);
}

BOOST_AUTO_TEST_SUITE_END()
