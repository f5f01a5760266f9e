#include <fedasio/dashboard/board.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "samples.hpp"

namespace {

namespace json = boost::json;
using namespace fedasio::master;
using fedasio::dashboard::board;
using fedasio::dashboard::board_limits;
using fedasio::text::canonical_text;
using fedasio::text::parse_json;

struct fixture {
    board shown{"5c0f", 100, {}};
    samples::feed<board> happen{shown};

    [[nodiscard]] json::object status() const { return parse_json(shown.status_text(200)).as_object(); }

    [[nodiscard]] json::array workers() const { return parse_json(shown.workers_text()).as_array(); }

    [[nodiscard]] json::array clients() const { return parse_json(shown.clients_text()).as_array(); }

    [[nodiscard]] json::array rounds() const { return parse_json(shown.rounds_text()).as_array(); }

    json::object snapshot(double now = 200) { return parse_json(*shown.take_snapshot(now).text).as_object(); }
};

std::string text(const json::value& value) {
    return canonical_text(value);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(dashboard_board, fixture)

BOOST_AUTO_TEST_CASE(status_before_the_first_event) {
    const auto now = status();
    BOOST_TEST(now.at("phase").as_string() == "waiting");
    BOOST_TEST(now.at("target_accuracy").is_null());
    BOOST_TEST(workers().empty());
    BOOST_TEST(snapshot().at("seq").to_number<int>() == 0);
    BOOST_TEST(shown.events_text(0, 10) == R"({"instance":"5c0f","events":[],"oldest":1,"newest":0})");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_has_the_rounds_before) {
    happen(samples::opened());
    happen(run_resumed{"12ab", 2, {samples::result(1), samples::result(2)}});
    BOOST_TEST(text(status().at("run")) == "\"12ab\"");
    BOOST_TEST(text(status().at("round")) == "2");
    BOOST_TEST(text(status().at("checkpoint_round")) == "2");
    BOOST_TEST(rounds().size() == 2U);
    BOOST_TEST(shown.last_result()->round == 2U);
    BOOST_TEST(shown.totals().rounds == 0U);
    happen(checkpoint_written{5});
    BOOST_TEST(text(status().at("checkpoint_round")) == "5");
}

BOOST_AUTO_TEST_CASE(status_has_the_documented_form) {
    happen(samples::opened());
    happen(model_built{199210});
    happen(phase_entered{phase::training, 3});
    BOOST_TEST(
        shown.status_text(200.5) ==
        R"({"phase":"training","run":"5c0f","round":3,"rounds_forgotten":0,"checkpoint_round":0,"last_round":15,"target_accuracy":0.5,)"
        R"("deadline":600,"fraction":0.5,"clients_per_round":2,"state_dir":true,"pausing":false,"stopping":false,"stalled_since":null,)"
        R"("plan":"digits","plan_digest":"9f","seed":7,"parameters":199210,"task":"classification","min_workers":2,)"
        R"("workers":0,"clients":0,"clients_planned":4,"version":"0.1.0","instruction_set":"x86-64-v3",)"
        R"("started":100,"now":200.5,"models":["best"],"test":null})");
}

BOOST_AUTO_TEST_CASE(a_training_moves_the_goal) {
    happen(samples::opened());
    happen(training_started{4, 20, 0.9});
    BOOST_TEST(text(status().at("last_round")) == "20");
    BOOST_TEST(text(status().at("target_accuracy")) == "0.9");
    happen(training_started{21, 25, std::nullopt});
    BOOST_TEST(text(status().at("target_accuracy")) == "null");
}

BOOST_AUTO_TEST_CASE(the_round_is_the_one_that_runs_or_the_last_done) {
    happen(round_started{4, {0}, 3});
    BOOST_TEST(text(status().at("clients_per_round")) == "3"); // and neither counted nor computed here
    BOOST_TEST(text(status().at("round")) == "4");
    happen(round_finished{samples::result(5)});
    BOOST_TEST(text(status().at("round")) == "5");
    happen(training_finished{training_outcome::stopped, "", 3, ""});
    BOOST_TEST(text(status().at("round")) == "3");
}

BOOST_AUTO_TEST_CASE(pausing_lasts_until_the_pause) {
    happen(phase_entered{phase::training, 1});
    happen(pause_requested{true});
    BOOST_TEST(text(status().at("pausing")) == "true");
    happen(phase_entered{phase::evaluating, 1});
    BOOST_TEST(text(status().at("pausing")) == "true");
    happen(phase_entered{phase::paused, 1});
    BOOST_TEST(text(status().at("pausing")) == "false");
    happen(pause_requested{true});
    happen(pause_requested{false});
    BOOST_TEST(text(status().at("pausing")) == "false");
    happen(pause_requested{true});
    happen(training_finished{training_outcome::rounds_done, "", 1, ""});
    BOOST_TEST(text(status().at("pausing")) == "false");
    happen(pause_requested{true});
    happen(training_started{2, 3, {}});
    BOOST_TEST(text(status().at("pausing")) == "false");
}

BOOST_AUTO_TEST_CASE(a_stall_lasts_until_it_is_said_to_be_over) {
    happen(progress_stalled{1234.5, 600});
    happen(phase_entered{phase::training, 1});
    BOOST_TEST(text(status().at("stalled_since")) == "1234.5");
    happen(progress_stalled{{}, 600});
    BOOST_TEST(text(status().at("stalled_since")) == "null");
    happen(progress_stalled{1234.5, 600});
    happen(samples::opened());
    BOOST_TEST(text(status().at("stalled_since")) == "null");
}

BOOST_AUTO_TEST_CASE(stopping_lasts_until_the_end) {
    happen(command_answered{"stop", true, ""});
    BOOST_TEST(text(status().at("stopping")) == "false"); // nothing runs
    happen(phase_entered{phase::training, 1});
    happen(command_answered{"stop", false, ""});
    happen(command_answered{"pause", true, ""});
    BOOST_TEST(text(status().at("stopping")) == "false");
    happen(command_answered{"stop", true, ""});
    BOOST_TEST(text(status().at("stopping")) == "true");
    happen(phase_entered{phase::aggregating, 1});
    BOOST_TEST(text(status().at("stopping")) == "true");
    happen(phase_entered{phase::finished, 1});
    BOOST_TEST(text(status().at("stopping")) == "false");
}

BOOST_AUTO_TEST_CASE(a_worker_from_joining_to_leaving) {
    happen(samples::joined(2), 11);
    BOOST_TEST(text(status().at("workers")) == "1");
    happen(worker_state_changed{2, worker_state::training});
    happen(worker_assigned{2, {{1, 30}, {0, 12}}});
    happen(worker_measured{2, 97.5, 1234, 0.25, 11, 12, 13});
    happen(samples::updated(1, 0, 2, 12, 1.0, 0.5));
    BOOST_TEST(
        text(workers()) ==
        R"([{"worker":2,"name":"worker-2","address":"127.0.0.1:41022","state":"training","joined":11,"threads":3,)"
        R"("capacity":1,"version":"0.1.0","instruction_set":"x86-64-v3","clients":[0,1],"samples":42,"cpu_percent":97.5,)"
        R"("memory_bytes":1234,"round_trip_ms":0.25,"bytes_sent":11,"bytes_received":12,"queued_bytes":13,"round":1,"loss":1,"accuracy":0.5,)"
        R"("seconds":0.25,"standing":"takes_part","reason":""}])");
    happen(worker_standing{2, "worker-2", fedasio::wire::standing::kind::left_out, "no rows"});
    BOOST_TEST(text(workers().at(0).at("standing")) == "\"left_out\"");
    BOOST_TEST(text(workers().at(0).at("reason")) == "\"no rows\"");
    BOOST_TEST(text(status().at("clients")) == "2");
    happen(worker_left{2, "worker-2", "lost"});
    const auto gone = workers().at(0).as_object();
    BOOST_TEST(text(gone.at("state")) == "\"gone\"");
    BOOST_TEST(text(gone.at("reason")) == "\"lost\"");
    BOOST_TEST(text(gone.at("clients")) == "[]");
    BOOST_TEST(text(status().at("workers")) == "0");
    BOOST_TEST(text(status().at("clients")) == "0");
    BOOST_TEST(text(clients().at(0).at("worker")) == "null");
    BOOST_TEST(clients().size() == 2U);
    happen(samples::joined(2), 20);
    BOOST_TEST(text(workers().at(0).at("reason")) == "\"\"");
    BOOST_TEST(text(workers().at(0).at("loss")) == "null");
}

BOOST_AUTO_TEST_CASE(clients_move_between_workers) {
    happen(samples::joined(1));
    happen(samples::joined(2));
    happen(worker_assigned{1, {{0, 5}, {1, 5}}});
    happen(worker_assigned{2, {{1, 6}}});
    BOOST_TEST(text(workers().at(0).at("clients")) == "[0]");
    BOOST_TEST(text(clients().at(1).at("worker")) == "2");
    BOOST_TEST(text(clients().at(1).at("samples")) == "6");
    happen(worker_assigned{1, {}});
    BOOST_TEST(text(clients().at(0).at("worker")) == "null");
    happen(worker_left{1, "", ""});
    BOOST_TEST(text(clients().at(1).at("worker")) == "2");
}

BOOST_AUTO_TEST_CASE(a_client_from_assignment_to_drop) {
    happen(samples::joined(2));
    happen(worker_assigned{2, {{1, 15000, {9000, 6000}}}});
    BOOST_TEST(
        text(clients()) ==
        R"([{"client":1,"worker":2,"samples":15000,"round":null,"loss":null,"accuracy":null,"seconds":null,)"
        R"("reason":"","labels":[9000,6000],"distance":null,"cosine":null,)"
        R"("test_round":null,"test_samples":0,"test_loss":null,"test_accuracy":null,)"
        R"("test_r2":null,"test_rmse":null,"test_mae":null,"test_auc":null,"test_recall":null,"test_reason":""}])");
    happen(client_dropped{2, 1, 2, "timed_out", ""});
    BOOST_TEST(text(clients().at(0).at("reason")) == "\"timed_out\"");
    BOOST_TEST(text(clients().at(0).at("round")) == "2");
    happen(samples::updated(3, 1, 2, 15000, 0.5, 0.75));
    happen(updates_compared{3, 1, {{1, 2.5, -0.5}, {9, 1, 1}}});
    BOOST_TEST(
        text(clients()) ==
        R"([{"client":1,"worker":2,"samples":15000,"round":3,"loss":0.5,"accuracy":0.75,"seconds":0.25,)"
        R"("reason":"","labels":[9000,6000],"distance":2.5,"cosine":-0.5,)"
        R"("test_round":null,"test_samples":0,"test_loss":null,"test_accuracy":null,)"
        R"("test_r2":null,"test_rmse":null,"test_mae":null,"test_auc":null,"test_recall":null,"test_reason":""}])");
}

BOOST_AUTO_TEST_CASE(a_workers_loss_is_weighted_over_its_clients_of_one_round) {
    happen(samples::joined(2));
    happen(worker_assigned{2, {{0, 1}, {1, 3}}});
    happen(samples::updated(1, 0, 2, 1, 8, 1.0));
    happen(samples::updated(1, 1, 2, 3, 4, 0.0));
    BOOST_TEST(text(workers().at(0).at("loss")) == "5");
    BOOST_TEST(text(workers().at(0).at("accuracy")) == "0.25");
    happen(samples::updated(2, 0, 2, 1, 2, std::nullopt));
    BOOST_TEST(text(workers().at(0).at("loss")) == "2");
    BOOST_TEST(text(workers().at(0).at("accuracy")) == "null");
}

BOOST_AUTO_TEST_CASE(events_about_strangers_change_nothing) {
    happen(worker_left{9, "", ""});
    happen(worker_state_changed{9, worker_state::ready});
    happen(worker_measured{9, 1, 1, 1, 1, 1});
    happen(samples::updated(1, 9, 9, 1, 1, 1));
    happen(client_dropped{1, 9, 9, "lost", ""});
    BOOST_TEST(workers().empty());
    BOOST_TEST(clients().empty());
}

BOOST_AUTO_TEST_CASE(rounds_are_in_order_and_replaced_when_done_again) {
    happen(round_finished{samples::result(1)});
    happen(round_finished{samples::result(2)});
    auto again = samples::result(1);
    again.bytes_sent = 777;
    happen(round_finished{again});
    BOOST_TEST(rounds().size() == 2U);
    BOOST_TEST(text(rounds().at(0).at("bytes_sent")) == "777");
    BOOST_TEST(text(rounds().at(1).at("round")) == "2");
    BOOST_TEST(text(rounds().at(1).at("test_accuracy")) == "null");
    BOOST_TEST(shown.totals().rounds == 3U);
    BOOST_TEST(shown.totals().bytes_sent == 977U);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_plan_is_what_counts) {
    happen(samples::opened());
    happen(plan_changed{3, 20, 0.75, 30, 0.25, {}, 1});
    BOOST_TEST(text(status().at("last_round")) == "20");
    BOOST_TEST(text(status().at("target_accuracy")) == "0.75");
    BOOST_TEST(text(status().at("deadline")) == "30");
    BOOST_TEST(text(status().at("fraction")) == "0.25");
    BOOST_TEST(text(status().at("clients_per_round")) == "1");
    happen(run_resumed{"12ab", 2, {}, {{1, 9, {}, 1, 1, {}}, {3, 10, {}, 40, 1, {}}}, {}, 4});
    BOOST_TEST(text(status().at("last_round")) == "10");
    BOOST_TEST(text(status().at("deadline")) == "40");
    BOOST_TEST(text(status().at("clients_per_round")) == "4");
}

BOOST_AUTO_TEST_CASE(a_new_run_forgets_the_one_before_but_for_its_workers) {
    happen(samples::opened());
    happen(samples::joined(1));
    happen(samples::joined(2));
    happen(worker_left{1, "worker-1", "lost"});
    happen(worker_assigned{2, {{0, 5}}});
    happen(worker_state_changed{2, worker_state::ready});
    happen(samples::updated(1, 0, 2, 5, 1.0, 0.5));
    happen(model_evaluated{1, 10, {"a"}, {10}, {}});
    happen(round_finished{samples::result(1)});
    happen(training_finished{training_outcome::rounds_done, "", 1, ""});
    BOOST_TEST(text(snapshot().at("evaluation").at("confusion")) == "[[10]]");
    auto next = samples::opened();
    next.run = "77aa";
    next.plan = "letters";
    happen(next);
    BOOST_TEST(text(status().at("run")) == "\"77aa\"");
    BOOST_TEST(text(status().at("round")) == "0");
    BOOST_TEST(text(status().at("parameters")) == "0");
    BOOST_TEST(rounds().empty());
    BOOST_TEST(clients().empty());
    BOOST_TEST(!shown.last_result());
    BOOST_TEST(shown.totals().rounds == 1U); // of the process
    BOOST_TEST(text(snapshot(300).at("evaluation")) == "null");
    BOOST_TEST(text(workers().at(0).at("state")) == "\"gone\"");
    const auto here = workers().at(1).as_object();
    BOOST_TEST(text(here.at("state")) == "\"joined\"");
    BOOST_TEST(text(here.at("clients")) == "[]");
    BOOST_TEST(text(here.at("samples")) == "0");
    BOOST_TEST(text(here.at("loss")) == "null");
}

BOOST_AUTO_TEST_CASE(a_pause_or_stop_that_is_yet_to_come_is_shown_while_workers_are_waited_for) {
    happen(phase_entered{phase::training, 1});
    happen(pause_requested{true});
    happen(command_answered{"stop", true, ""});
    happen(phase_entered{phase::waiting, 1});
    BOOST_TEST(text(status().at("pausing")) == "true");
    BOOST_TEST(text(status().at("stopping")) == "true");
}

BOOST_AUTO_TEST_CASE(saved_models_are_listed) {
    happen(samples::opened());
    happen(model_saved{"new", "/p", 1, {"best", "new"}});
    BOOST_TEST(text(status().at("models")) == R"(["best","new"])");
    happen(model_loaded{"new", 1});
    BOOST_TEST(text(status().at("models")) == R"(["best","new"])");
}

BOOST_AUTO_TEST_CASE(a_snapshot_holds_everything) {
    happen(samples::opened());
    happen(samples::joined(2));
    happen(worker_assigned{2, {{1, 3}}});
    happen(round_finished{samples::result(1)});
    const auto all = snapshot(200);
    BOOST_TEST(text(all.at("type")) == "\"snapshot\"");
    BOOST_TEST(text(all.at("instance")) == "\"5c0f\"");
    BOOST_TEST(text(all.at("seq")) == "4");
    BOOST_TEST(text(all.at("status")) == shown.status_text(200));
    BOOST_TEST(text(all.at("workers")) == shown.workers_text());
    BOOST_TEST(text(all.at("clients")) == shown.clients_text());
    BOOST_TEST(text(all.at("rounds")) == shown.rounds_text());
    BOOST_TEST(all.at("log").as_array().size() == 2U);
    BOOST_TEST(text(all.at("log").at(1)) == *shown.events().at(4));
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_shared_while_it_is_fresh) {
    happen(samples::opened());
    const auto first = shown.take_snapshot(200).text;
    happen(model_built{1});
    BOOST_TEST((shown.take_snapshot(200.9).text == first));
    BOOST_TEST(shown.take_snapshot(200.9).seq == 1U);
    BOOST_TEST(shown.take_snapshot(201).seq == 2U); // a second later
    for (int i = 0; i < 3; ++i) {
        happen(noticed{noticed::severity::info, std::string(100'000, 'x')});
    }
    BOOST_TEST(shown.take_snapshot(201).seq == 5U); // too much has happened
}

BOOST_AUTO_TEST_CASE(events_are_paged) {
    for (std::uint32_t i = 1; i <= 5; ++i) {
        happen(phase_entered{phase::training, i});
    }
    const auto page = parse_json(shown.events_text(2, 2)).as_object();
    BOOST_TEST(page.at("events").as_array().size() == 2U);
    BOOST_TEST(text(page.at("events").at(0).at("seq")) == "3");
    BOOST_TEST(text(page.at("oldest")) == "1");
    BOOST_TEST(text(page.at("newest")) == std::to_string(shown.events().newest()));
    BOOST_TEST(parse_json(shown.events_text(5, 2)).at("events").as_array().empty());
    BOOST_TEST(parse_json(shown.events_text(99, 2)).at("events").as_array().empty());
    for (int i = 0; i < 3; ++i) {
        happen(noticed{noticed::severity::info, std::string(700'000, 'x')});
    }
    BOOST_TEST(parse_json(shown.events_text(5, 1000)).at("events").as_array().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
    board_limits limits;
    limits.log = 3;
    limits.rounds = 2;
    limits.gone_workers = 2;
    limits.events = 4;
    board small("i", 0, limits);
    samples::feed<board> tell(small);
    for (std::uint32_t i = 1; i <= 6; ++i) {
        tell(samples::joined(i));
        tell(worker_left{i, "", ""});
        tell(round_finished{samples::result(i)});
    }
    tell(samples::joined(1));
    const auto all = parse_json(*small.take_snapshot(0).text).as_object();
    std::string kept;
    for (const auto& entry : all.at("log").as_array()) {
        kept += text(entry.at("seq")) + " ";
    }
    BOOST_TEST(kept == "12 15 16 17 18 19 "); // three results of rounds, and three of the rest
    BOOST_TEST(all.at("rounds").as_array().size() == 2U);
    BOOST_TEST(text(all.at("rounds").at(0).at("round")) == "5");
    BOOST_TEST(text(all.at("status").at("rounds_forgotten")) == "4");
    BOOST_TEST(small.oldest_round() == 5U);
    BOOST_TEST(all.at("workers").as_array().size() == 3U);
    BOOST_TEST(small.events().oldest() == 16U);
    BOOST_TEST(small.totals().rounds == 6U);
    tell(round_finished{samples::result(6)}); // done again
    BOOST_TEST(small.rounds_forgotten() == 4U);
    tell(samples::opened());
    BOOST_TEST(small.rounds_forgotten() == 0U);
    BOOST_TEST(small.oldest_round() == 0U);
}

BOOST_AUTO_TEST_CASE(rounds_and_log_are_bounded_in_bytes) {
    board_limits limits;
    limits.round_bytes = 1000;
    limits.log_bytes = 1000;
    board small("i", 0, limits);
    samples::feed<board> tell(small);
    for (std::uint32_t i = 1; i <= 20; ++i) {
        tell(round_finished{samples::result(i)});
    }
    BOOST_TEST(small.rounds_text().size() < 1100U);
    BOOST_TEST(small.rounds_text().find("\"round\":20") != std::string::npos);
    const auto all = parse_json(*small.take_snapshot(0).text).as_object();
    BOOST_TEST(text(all.at("log")).size() < 1100U);
}

BOOST_AUTO_TEST_SUITE_END()
