#include <fedasio/history/labels.hpp>
#include <fedasio/history/past_runs.hpp>
#include <fedasio/history/round_reader.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/test/unit_test.hpp>

#include "history/recorded.hpp"
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace {

namespace history = fedasio::history;
using namespace history::testing;

} // namespace

BOOST_FIXTURE_TEST_SUITE(past_runs, recorded)

BOOST_AUTO_TEST_CASE(what_clients_found_is_kept_by_round) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 2, {}});
    test_metrics good;
    good.rmse = 1.5;
    master.events.publish(clients_evaluated{1, {{0, 4, good, ""}, {1, 0, {}, "away"}}});
    master.round(1);
    master.write();
    const auto found = parsed(history::tests_text(file, "aa", 1).value()).as_array();
    BOOST_REQUIRE(found.size() == 2U);
    BOOST_TEST(found[0].at("rmse").as_double() == 1.5);
    BOOST_TEST(found[1].at("reason").as_string() == "away");
    BOOST_TEST(history::tests_text(file, "aa", 2).value() == "[]");
    BOOST_TEST(!history::tests_text(file, "bb", 1).has_value());
    good.rmse = 0.5;
    master.events.publish(clients_evaluated{2, {{0, 4, good, ""}}});
    master.round(2);
    master.write();
    const auto latest = parsed(history::report_text(file, "aa").value()).at("clients").as_array();
    BOOST_REQUIRE(latest.size() == 1U);
    BOOST_TEST(latest[0].at("rmse").as_double() == 0.5);
    BOOST_TEST(latest[0].at("round").to_number<int>() == 2);
    // A round that is trained again is tested again.
    process again(*this, "bb");
    again.events.publish(run_resumed{"aa", 1, {result_of(1)}});
    again.events.publish(training_started{2, 2, {}});
    again.write();
    BOOST_TEST(history::tests_text(file, "aa", 2).value() == "[]");
}

BOOST_AUTO_TEST_CASE(the_latest_test_of_classes_is_kept) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 2, {}});
    master.round(1);
    master.write();
    BOOST_TEST(history::evaluation_text(file, "aa").value() == "null");
    BOOST_TEST(!history::evaluation_text(file, "bb").has_value());
    for (std::uint32_t round = 2; round <= 3; ++round) {
        master.events.publish(model_evaluated{round, 10, {"cat", "dog"}, {4, 1, round, 3}, {{7, 0, 1, 0.5}}});
        master.round(round);
    }
    master.write();
    const auto kept = parsed(history::evaluation_text(file, "aa").value());
    BOOST_TEST(kept.at("round").to_number<int>() == 3);
    BOOST_TEST(kept.at("classes").at(1).as_string() == "dog");
    BOOST_TEST(kept.at("confusion").at(1).at(0).to_number<int>() == 3);
    BOOST_TEST(kept.at("wrong").at(0).at("index").to_number<int>() == 7);
    // What was found after the checkpoint that is gone on from is found again.
    process again(*this, "bb");
    again.events.publish(run_resumed{"aa", 1, {result_of(1)}});
    again.events.publish(training_started{2, 3, {}});
    again.write();
    BOOST_TEST(history::evaluation_text(file, "aa").value() == "null");
}

BOOST_AUTO_TEST_CASE(what_workers_did_is_kept_of_the_latest_rounds) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 30, {}});
    for (std::uint32_t round = 1; round <= 30; ++round) {
        master.events.publish(worker_state_changed{7, worker_state::training});
        master.events.publish(worker_state_changed{7, worker_state::ready});
        master.round(round);
    }
    master.write();
    const auto lanes = parsed(history::lanes_text(file, "aa").value()).as_array();
    BOOST_REQUIRE(lanes.size() == 20U);
    BOOST_TEST(lanes.front().at("round").to_number<int>() == 11);
    BOOST_TEST(lanes.back().at("round").to_number<int>() == 30);
    const auto& states = lanes.back().at("states").as_array();
    BOOST_REQUIRE(states.size() == 2U);
    BOOST_TEST(states[0].at(1).as_string() == "north");
    BOOST_TEST(states[0].at(2).as_string() == "training");
    BOOST_TEST(states[1].at(2).as_string() == "ready");
    BOOST_TEST(!history::lanes_text(file, "bb").has_value());
}

BOOST_AUTO_TEST_CASE(more_of_a_round_than_a_page_shows_is_not_kept) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 1, {}});
    for (int i = 0; i < 5000; ++i) {
        master.events.publish(worker_state_changed{7, worker_state::training});
    }
    master.round(1);
    master.write();
    const auto lanes = parsed(history::lanes_text(file, "aa").value()).as_array();
    BOOST_TEST(lanes.front().at("states").as_array().size() == 4000U);
}

BOOST_AUTO_TEST_CASE(what_people_say_of_a_run_is_kept_beside_it) {
    BOOST_TEST(!history::write_labels(file, "aa", "{}"));
    process master(*this, "aa");
    master.events.publish(training_started{1, 2, {}});
    master.round(1);
    master.write();
    BOOST_TEST(run("aa").at("labels").is_null());
    BOOST_TEST(!history::write_labels(file, "bb", "{}"));
    BOOST_TEST(history::write_labels(file, "aa", R"({"name":"first"})"));
    BOOST_TEST(history::write_labels(file, "aa", R"({"name":"second"})"));
    master.round(2);
    master.write();
    BOOST_TEST(run("aa").at("labels").at("name").as_string() == "second");
    BOOST_TEST(!runs().at(0).as_object().contains("plan_json"));
    const auto with_plan = parsed(history::runs_text(file, 1000, 1));
    BOOST_TEST(with_plan.at(0).at("plan_json").at("name").as_string() == "digits");
    BOOST_TEST(runs().at(0).at("labels").at("name").as_string() == "second");
    BOOST_TEST(!parsed(history::report_text(file, "aa").value()).as_object().contains("labels"));
    process another(*this, "bb");
    another.events.publish(training_started{1, 2, {}});
    another.round(1);
    another.write();
    const auto told = [this](std::size_t plan_bytes) {
        const auto all = parsed(history::runs_text(file, 1000, 1000, plan_bytes));
        return std::ranges::count_if(
            all.as_array(), [](const json::value& one) { return one.as_object().contains("plan_json"); });
    };
    BOOST_TEST(told(history::most_plan_bytes) == 2);
    BOOST_TEST(told(1) == 1);
}

BOOST_AUTO_TEST_CASE(a_long_run_is_shown_from_its_end) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    for (const std::uint32_t round : {1U, 2U, 3U}) {
        master.round(round);
    }
    master.write();
    const auto one = fedasio::text::canonical_text(to_json(result_of(1))).size();
    const auto latest = parsed(history::rounds_text(file, "aa", 0, 2 * one).value()).as_array();
    BOOST_REQUIRE(latest.size() == 2U);
    BOOST_TEST(latest[0].at("round").to_number<int>() == 2);
    const auto older = parsed(history::rounds_text(file, "aa", 3, one).value()).as_array();
    BOOST_REQUIRE(older.size() == 1U);
    BOOST_TEST(older[0].at("round").to_number<int>() == 2);
    BOOST_TEST(history::rounds_text(file, "aa", 1).value() == "[]");
    BOOST_TEST(parsed(history::run_text(file, "aa", 1).value()).at("notes").as_array().size() == 1U);
    BOOST_TEST(!history::rounds_text(file, "bb").has_value());
}

BOOST_AUTO_TEST_CASE(rounds_are_read_from_a_file_that_is_opened_once) {
    history::round_reader before(file);
    BOOST_TEST(!before.text("aa", 1).has_value());
    for (const std::string run : {"aa", "bb"}) {
        process master(*this, run);
        master.events.publish(training_started{1, 2, {}});
        master.round(1, run == "aa" ? 0.5 : 0.25);
        master.write();
    }
    history::round_reader reader(file);
    std::filesystem::rename(file, folder / "elsewhere.sqlite");
    const auto loss_of = [&](const std::string& run) {
        return parsed(reader.text(run, 1).value()).at("train_loss").as_double();
    };
    BOOST_TEST(loss_of("aa") == 0.5);
    BOOST_TEST(loss_of("bb") == 0.25);
    BOOST_TEST(!reader.text("aa", 2).has_value());
    BOOST_TEST(!reader.text("cc", 1).has_value());
}

BOOST_AUTO_TEST_CASE(what_trainers_of_ones_own_told_is_summed_up_by_name) {
    const auto told = [](process& master, std::uint32_t round, fedasio::plan::own_metrics test,
                         fedasio::plan::own_metrics train = {}) {
        auto result = result_of(round);
        result.test_metrics = std::move(test);
        result.train_metrics = std::move(train);
        master.events.publish(round_finished{result});
    };
    const auto value = [this](const char* which, const char* kind, const char* name) {
        return run("aa").at("own_metrics").at(which).at(kind).at(name).to_number<double>();
    };
    process master(*this, "aa");
    master.events.publish(training_started{1, 4, {}});
    master.round(1);
    master.write();
    BOOST_TEST(!run("aa").contains("own_metrics"));
    told(master, 2, {{"auc", 0.75}, {"a.b%", 2}}, {{"auc", 0.5}});
    told(master, 3, {{"auc", 0.5}});
    told(master, 4, {{"auc", 0.625}});
    master.write();
    BOOST_TEST(value("last", "test_metrics", "auc") == 0.625);
    BOOST_TEST(value("least", "test_metrics", "auc") == 0.5);
    BOOST_TEST(value("most", "test_metrics", "auc") == 0.75);
    BOOST_TEST(value("most", "test_metrics", "a.b%") == 2);
    BOOST_TEST(value("last", "train_metrics", "auc") == 0.5);
    BOOST_TEST(runs().at(0).as_object().at("own_metrics") == run("aa").at("own_metrics"));
    BOOST_TEST(!parsed(history::report_text(file, "aa").value()).as_object().contains("own_metrics"));
    // What came after the checkpoint that is gone on from is told again.
    process again(*this, "bb");
    again.events.publish(run_resumed{"aa", 2, {result_of(1), result_of(2)}});
    again.events.publish(training_started{3, 4, {}});
    told(again, 3, {{"auc", 0.6875}});
    again.write();
    BOOST_TEST(value("last", "test_metrics", "auc") == 0.6875);
    BOOST_TEST(value("least", "test_metrics", "auc") == 0.6875);
    BOOST_TEST(value("most", "test_metrics", "auc") == 0.75);
}

BOOST_AUTO_TEST_CASE(of_own_metrics_those_that_most_rounds_tell_are_told) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 2, {}});
    for (std::uint32_t round = 1; round <= 2; ++round) {
        auto result = result_of(round);
        result.test_metrics["usual"] = 1;
        for (int place = 0; place < 40; ++place) {
            result.test_metrics["a" + std::to_string(round) + std::to_string(place)] = 0;
        }
        result.train_metrics["own"] = 2; // has its place beside them
        master.events.publish(round_finished{result});
    }
    master.write();
    const auto kept = run("aa").at("own_metrics").at("last").as_object();
    BOOST_TEST(kept.at("test_metrics").as_object().size() == history::most_own_metrics);
    BOOST_TEST(kept.at("test_metrics").as_object().contains("usual"));
    BOOST_TEST(kept.at("train_metrics").as_object().contains("own"));
}

BOOST_AUTO_TEST_SUITE_END()
