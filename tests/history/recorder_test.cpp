#include <fedasio/history/labels.hpp>
#include <fedasio/history/past_runs.hpp>
#include <fedasio/history/recorder.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "net/live_runtime.hpp"
#include "scratch_directory.hpp"
#include <cmath>
#include <filesystem>
#include <latch>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;
namespace history = fedasio::history;
namespace net = fedasio::net;
using namespace fedasio::master;

net::awaitable<void> write_all(net::runtime& rt, history::recorder& what) {
    net::nursery writing(rt.executor);
    writing.spawn(what.run());
    writing.cancel();
    co_await writing.join();
}

round_result result_of(std::uint32_t round, double loss = 0.5) {
    round_result it;
    it.round = round;
    it.cohort = {0, 1};
    it.dropped = {{1, "lost"}};
    it.train_loss = loss;
    it.test_loss = 0.1 + 0.2;
    it.seconds[static_cast<std::size_t>(phase::training)] = 2;
    it.bytes_sent = 100;
    it.time = 42.5;
    return it;
}

json::value parsed(const std::string& text) {
    return fedasio::text::parse_json(text);
}

/// A master that tells what happens, without one.
struct fixture {
    fedasio::test::scratch_directory folder;
    std::filesystem::path file = folder / "history.sqlite";
    net::testing::live_runtime live;
    net::runtime& rt = live;
    boost::asio::thread_pool pool{2};
    history::recorder_options options;
    std::vector<std::pair<noticed::severity, std::string>> notices;

    /// One process of a master and its recorder.
    struct process {
        explicit process(fixture& in, const std::string& run) : with(in), events(in.rt.time) {
            events.subscribe([this](const event& happened) { recorder.take(happened); });
            run_opened opened;
            opened.run = run;
            opened.plan = "digits";
            opened.plan_digest = "9f";
            opened.plan_text = R"({"name":"digits"})";
            opened.seed = std::numeric_limits<std::uint64_t>::max();
            events.publish(opened);
            worker_joined joined;
            joined.worker = 7;
            joined.name = "north";
            events.publish(joined);
        }

        void round(std::uint32_t number, double loss = 0.5) {
            events.publish(client_updated{number, 0, 7, 10, loss, 0.75, 0.25});
            events.publish(client_dropped{number, 1, 7, "lost", "cut off"});
            events.publish(round_finished{result_of(number, loss)});
        }

        void write() { with.live.run(write_all(with.rt, recorder)); }

        fixture& with;
        event_source events;
        history::recorder recorder{with.rt, with.pool.get_executor(), with.file,
                                   [this](noticed::severity level, std::string text) {
                                       with.notices.emplace_back(level, std::move(text));
                                   },
                                   with.options};
    };

    [[nodiscard]] json::array runs() const { return parsed(history::runs_text(file)).as_array(); }

    [[nodiscard]] json::object run(const std::string& id) const {
        return parsed(history::run_text(file, id).value()).as_object();
    }

    [[nodiscard]] std::vector<int> rounds(const std::string& id) const {
        std::vector<int> numbers;
        const auto kept = parsed(history::rounds_text(file, id).value());
        for (const auto& round : kept.as_array()) {
            numbers.push_back(round.at("round").to_number<int>());
        }
        return numbers;
    }

    ~fixture() { pool.join(); }
};

using numbers = std::vector<int>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(recorder, fixture)

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

BOOST_AUTO_TEST_CASE(how_clients_were_served_is_summed_up_by_round) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 3, {}});
    clients_evaluated found{1, {}};
    for (unsigned client = 0; client < 11; ++client) {
        test_metrics metrics;
        metrics.accuracy = 0.1 * client;
        found.clients.push_back({client, 4 + client, metrics, ""});
    }
    test_metrics best;
    best.accuracy = 0;
    found.clients.push_back({11, 4, best, "timed_out"});
    found.clients.push_back({12, 0, {}, "away"});
    master.events.publish(found);
    master.round(1);
    // A regression's errors: more is worse.
    clients_evaluated errors{2, {}};
    for (unsigned client = 0; client < 2; ++client) {
        test_metrics metrics;
        metrics.rmse = 1 + client;
        errors.clients.push_back({client, 4, metrics, ""});
    }
    master.events.publish(errors);
    master.round(2);
    master.events.publish(clients_evaluated{3, {found.clients[3]}});
    master.round(3);
    master.write();
    const auto spreads = parsed(history::spreads_text(file, "aa").value()).as_array();
    BOOST_REQUIRE(spreads.size() == 2U);
    const auto number = [](const json::value& of, const char* key) { return of.at(key).to_number<double>(); };
    BOOST_TEST(number(spreads[0], "round") == 1);
    BOOST_TEST(number(spreads[0], "clients") == 11);
    BOOST_TEST(spreads[0].at("of").as_string() == "accuracy");
    BOOST_TEST(std::abs(number(spreads[0], "low") - 0.1) < 1e-12);
    BOOST_TEST(std::abs(number(spreads[0], "median") - 0.5) < 1e-12);
    BOOST_TEST(std::abs(number(spreads[0], "high") - 0.9) < 1e-12);
    const auto& worst = spreads[0].at("worst").as_array();
    BOOST_REQUIRE(worst.size() == 5U);
    BOOST_TEST(number(worst[0], "client") == 0);
    BOOST_TEST(number(worst[4], "client") == 4);
    BOOST_TEST(number(worst[4], "samples") == 8);
    BOOST_TEST(spreads[1].at("of").as_string() == "rmse");
    BOOST_TEST(std::abs(number(spreads[1], "low") - 1.1) < 1e-12);
    BOOST_TEST(number(spreads[1].at("worst").at(0), "client") == 1);
    BOOST_TEST(!history::spreads_text(file, "bb").has_value());
}

BOOST_AUTO_TEST_CASE(of_many_rounds_some_at_even_distances_are_summed_up) {
    process master(*this, "aa");
    master.events.publish(training_started{1, 300, {}});
    test_metrics metrics;
    metrics.accuracy = 0.5;
    for (unsigned round = 1; round <= 300; ++round) {
        master.events.publish(clients_evaluated{round, {{0, 4, metrics, ""}, {1, 4, metrics, ""}}});
        master.round(round);
    }
    master.write();
    const auto spreads = parsed(history::spreads_text(file, "aa").value()).as_array();
    BOOST_REQUIRE(spreads.size() == 100U);
    BOOST_TEST(spreads.front().at("round").to_number<int>() == 3);
    BOOST_TEST(spreads[1].at("round").to_number<int>() == 6);
    BOOST_TEST(spreads.back().at("round").to_number<int>() == 300);
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
void check_facts(const fixture& kept) {
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

BOOST_AUTO_TEST_SUITE_END()
