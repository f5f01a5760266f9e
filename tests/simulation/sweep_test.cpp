#include "sweep_workplace.hpp"

using namespace fedasio::simulation;
using namespace fedasio::simulation::testing;
using fedasio::test::read_bytes;
namespace text = fedasio::text;
namespace plan = fedasio::plan;
namespace master = fedasio::master;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(sweeps)

BOOST_AUTO_TEST_CASE(runs_are_the_grid_times_the_seeds) {
    const workplace here;
    const auto runs = here.runs({"local.epochs=1,2", "fraction=0.25,1"}, {8, 9}, {"clients=8"});
    BOOST_REQUIRE(runs.size() == 8U);
    BOOST_TEST(runs[0].label() == "epochs=1 fraction=0.25 seed=8");
    BOOST_TEST(runs[1].label() == "epochs=1 fraction=0.25 seed=9");
    BOOST_TEST(runs[2].label() == "epochs=1 fraction=1 seed=8");
    BOOST_TEST(runs[7].plan.seed == 9U);
    BOOST_TEST(runs[7].plan.local.epochs == 2U);
    BOOST_TEST(runs[7].plan.fraction == 1.0);
    BOOST_TEST(runs[7].plan.clients == 8U);
    BOOST_TEST(runs[7].grid.size() == 2U);
    BOOST_TEST(here.runs({}).at(0).plan.seed == 3U);
    BOOST_TEST(here.runs({"seed=1,2"}).at(1).grid.empty());
}

BOOST_AUTO_TEST_CASE(a_value_can_be_set_in_what_the_plan_leaves_out) {
    const workplace here;
    const auto text = read_bytes(here.plan);
    const auto from = text.find("\"local\"");
    fedasio::test::write_bytes(here.plan, text.substr(0, from) + "}"); // the last key
    BOOST_TEST(here.runs({"local.optimizer.learning_rate=0.5"}).at(0).plan.local.optimizer.learning_rate ==
               0.5F);
    BOOST_TEST((here.runs({}, {}, {"local.optimizer.type=adam"}).at(0).plan.local.optimizer.type ==
                fedasio::nn::optimizer_spec::kind::adam));
    BOOST_TEST(here.runs({}, {}, {"local.epochs=4"}).at(0).plan.local.epochs == 4U);
}

BOOST_AUTO_TEST_CASE(a_setting_gives_way_to_the_grid) {
    const workplace here;
    BOOST_TEST(here.runs({"clients=5"}, {}, {"clients=8"}).at(0).plan.clients == 5U);
}

BOOST_AUTO_TEST_CASE(a_run_is_known_by_what_decides_its_row) {
    const workplace here;
    const auto id = [&](const std::string& setting) { return here.runs({}, {}, {setting}).at(0).id; };
    const auto own = here.runs({}).at(0).id;
    BOOST_TEST(own.size() == 16U);
    BOOST_TEST(id("name=other") == own);
    BOOST_TEST(id("checkpoint_every=1") == own);
    BOOST_TEST(id("rounds=8") != own);
    BOOST_TEST(id("target_accuracy=0.9") != own);
    BOOST_TEST(id("seed=4") != own);
    BOOST_TEST(id("local.optimizer.learning_rate=0.02") != own);
}

BOOST_AUTO_TEST_CASE(data_of_its_own_makes_it_another_run) {
    const workplace here;
    const auto runs = plan_sweep({here.plan, {}, {}, {}, {here.dir / "all.csv"}});
    BOOST_TEST(runs.at(0).id != here.runs({}).at(0).id);
    scripted script;
    sweep(runs, here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST((script.with.at(0).data == std::vector{here.dir / "all.csv"}));
}

BOOST_AUTO_TEST_CASE(every_plan_is_checked_before_any_runs) {
    const workplace here;
    BOOST_CHECK_EXCEPTION((void)here.runs({"local.optimizer.learnin_rate=0.1"}), text::field_error,
                          says("small.json: local.optimizer: unknown key \"learnin_rate\"; did you mean"));
    BOOST_CHECK_EXCEPTION((void)here.runs({"fraction=0.5,1.5"}), text::field_error, says("fraction"));
    BOOST_CHECK_EXCEPTION((void)here.runs({}, {}, {"model.input=[4,4]"}), text::field_error,
                          says("small.json: model: "));
    BOOST_CHECK_EXCEPTION((void)here.runs({"seed=1"}, {2}), std::invalid_argument, says("seed twice"));
    BOOST_CHECK_EXCEPTION((void)here.runs({}, {}, {"data.source.train=absent.csv"}), text::field_error,
                          says("small.json: data.source.train: there is no absent.csv in "));
    BOOST_CHECK_EXCEPTION((void)here.runs({}, {}, {"data.source.test=/absent.csv"}), text::field_error,
                          says("small.json: data.source.test: there is no /absent.csv"));
    const auto absent = parse_setting("data.source.train=absent.csv");
    BOOST_TEST(plan_sweep({here.plan, {absent}, {}, {}, {here.dir / "all.csv"}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_row_tells_how_a_run_ended) {
    const workplace here;
    scripted script;
    script.accuracies = {0.5, 0.75, 0.625};
    const auto runs = here.runs({"local.epochs=2"}, {}, {"target_accuracy=0.625"});
    auto options = here.options();
    options.threads = 5;
    const auto summary = sweep(runs, options, {}, nobody, script.to_simulator());
    BOOST_TEST(summary.succeeded == 1U);
    BOOST_TEST(script.seen.at(0).local.epochs == 2U);
    BOOST_TEST(script.with.at(0).threads == 5U);
    BOOST_TEST(!script.with.at(0).resume);
    const auto row = here.rows().at(0);
    BOOST_TEST(row.run == runs[0].id);
    BOOST_TEST((row.grid == std::vector<setting>{{"local.epochs", 2}, {"target_accuracy", 0.625}}));
    BOOST_TEST(row.seed == 3U);
    BOOST_TEST(row.outcome == "rounds_done");
    BOOST_TEST(row.rounds == 3U);
    BOOST_TEST(row.rounds_to_target.value() == 1.5);
    BOOST_TEST(row.best_test_accuracy.value() == 0.75);
    BOOST_TEST(row.last_test_accuracy.value() == 0.625);
    BOOST_TEST(row.seconds == 9.0);
    BOOST_TEST(row.dropped == 3U);
    BOOST_TEST(row.weights_sha256 == "5a");
    BOOST_TEST(row.plan_digest == plan::plan_digest(runs[0].plan));
    BOOST_TEST(row.reason.empty());
    BOOST_TEST(read_curve(here.dir / "out" / "curves" / (row.run + ".csv")).size() == 3U);
}

BOOST_AUTO_TEST_CASE(both_files_are_complete_after_each_run) {
    const workplace here;
    scripted script;
    std::vector<std::size_t> rows_in_json;
    std::vector<std::ptrdiff_t> lines_in_csv;
    script.meanwhile = [&] {
        if (script.seen.size() > 1) {
            const auto content = text::parse_json(read_bytes(here.dir / "out" / "results.json"));
            rows_in_json.push_back(content.at("rows").as_array().size());
            lines_in_csv.push_back(std::ranges::count(read_bytes(here.dir / "out" / "results.csv"), '\n'));
        }
    };
    sweep(here.runs({"local.epochs=1,2,3"}), here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(rows_in_json == (std::vector<std::size_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(lines_in_csv == (std::vector<std::ptrdiff_t>{2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_with_a_row_is_not_run_again) {
    const workplace here;
    scripted script;
    sweep(here.runs({"local.epochs=1,2"}), here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(script.seen.size() == 2U);
    heard told;
    const auto summary = sweep(here.runs({"local.epochs=2,4", "fraction=0.5"}), here.options(), {},
                               std::ref(told), script.to_simulator());
    BOOST_TEST(script.seen.size() == 3U);
    BOOST_TEST(script.seen.back().local.epochs == 4U);
    BOOST_TEST(told.kinds == "asoon");
    BOOST_TEST(summary.succeeded == 2U);
    // The row that was there has got the new column.
    const auto rows = here.rows();
    BOOST_REQUIRE(rows.size() == 3U);
    BOOST_TEST((rows[0].grid == std::vector<setting>{{"local.epochs", 1}, {"fraction", 0.5}}));
    BOOST_TEST((rows[1].grid == std::vector<setting>{{"local.epochs", 2}, {"fraction", 0.5}}));
}

BOOST_AUTO_TEST_CASE(what_one_sweep_sets_or_varies_is_a_column_of_all_rows) {
    const workplace here;
    scripted script;
    sweep(here.runs({}, {}, {"rounds=2"}), here.options(), {}, nobody, script.to_simulator());
    sweep(here.runs({"local.optimizer.momentum=0.5"}, {1}, {"local.epochs=2", "seed=9"}), here.options(), {},
          nobody, script.to_simulator());
    const auto rows = here.rows();
    BOOST_REQUIRE(rows.size() == 2U);
    const auto value = [](const sweep_row& row, const std::string& path) {
        const auto found = std::ranges::find(row.grid, path, &setting::path);
        return found == row.grid.end() ? json::value("none") : found->value;
    };
    // Of the first what the plan says or leaves to the default, of the second what its own sweep says.
    BOOST_TEST(value(rows[0], "rounds") == 2);
    BOOST_TEST(value(rows[0], "local.epochs") == 1);
    BOOST_TEST(value(rows[0], "local.optimizer.momentum").to_number<double>() == 0.0);
    BOOST_TEST(value(rows[1], "rounds") == 7);
    BOOST_TEST(value(rows[1], "local.epochs") == 2);
    BOOST_TEST(value(rows[1], "local.optimizer.momentum") == 0.5);
    BOOST_TEST(rows[0].grid.size() == 3U);
    BOOST_TEST(rows[1].grid.size() == 3U);
    BOOST_TEST(plan::read_plan(here.dir / "out" / "plans" / (rows[1].run + ".json")).local.epochs == 2U);
}

BOOST_AUTO_TEST_CASE(a_regression_has_its_losses) {
    const workplace here;
    const auto losses = [](const plan::plan&, const simulation_options&, const std::stop_token&,
                           const std::function<void(const master::event&)>& on_event) {
        std::uint32_t round = 0;
        for (const double loss : {2.0, 0.5, 0.75}) {
            master::round_result result;
            result.round = ++round;
            result.test_loss = loss;
            result.train_loss = 2 * loss;
            on_event({1, 0, master::round_finished{result}});
        }
        on_event({2, 0, master::training_finished{master::training_outcome::rounds_done, "", round, "5a"}});
        return true;
    };
    const auto summary = sweep(here.runs({}, {1, 2}), here.options(), {}, nobody, losses);
    const auto row = here.rows().at(0);
    BOOST_TEST(!row.best_test_accuracy.has_value());
    BOOST_TEST(row.best_test_loss.value() == 0.5);
    BOOST_TEST(row.last_test_loss.value() == 0.75);
    BOOST_TEST(row.last_train_loss.value() == 1.5);
    BOOST_REQUIRE(summary.seeds.size() == 1U);
    BOOST_TEST(summary.seeds[0].last_test_loss.mean == 0.75);
    BOOST_TEST(summary.seeds[0].last_test_loss.deviation.value() == 0.0);
    BOOST_TEST(std::ranges::count(read_bytes(here.dir / "out" / "summary.csv"), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(results_of_something_else_are_not_overwritten) {
    const scratch_directory dir;
    for (const std::string text : {"", "{}", R"({"rows":[{"seed":1}]})", R"({"rows":7})", "not JSON"}) {
        dir.write("results.json", text);
        BOOST_CHECK_EXCEPTION(sweep_results(dir.path()), std::runtime_error,
                              says("results.json: is not what a sweep"));
        BOOST_TEST(read_bytes(dir / "results.json") == text);
    }
}

BOOST_AUTO_TEST_CASE(the_csv_has_a_column_for_every_path_and_quotes_what_needs_it) {
    const scratch_directory dir;
    sweep_results results(dir.path());
    sweep_row first;
    first.run = "r1";
    first.grid = {{"strategy", text::parse_json(R"({"type":"fedavgm"})")}, {"fraction", 0.1}};
    first.seed = 18446744073709551615U;
    first.outcome = "failed";
    first.reason = "a \"reason\", and\nmore";
    first.inputs = {"a.csv, b.csv", "sh a", {}};
    results.put(first);
    sweep_row second;
    second.run = "r2";
    second.grid = {{"local.epochs", 5}};
    second.outcome = "target_reached";
    second.rounds_to_target = 1.5;
    second.best_test_accuracy = 0.97;
    second.last_test_accuracy = 0.5;
    second.inputs.evaluator = "test";
    results.put(second);
    BOOST_TEST(
        read_bytes(dir / "results.csv") ==
        "strategy,fraction,local.epochs,seed,outcome,rounds,rounds_to_target,best_test_accuracy,"
        "last_test_accuracy,best_test_loss,last_test_loss,last_train_loss,last_test_r2,last_test_rmse,"
        "last_test_mae,last_test_auc,seconds,dropped,weights_sha256,plan_digest,run,reason,data,trainer,"
        "evaluator\r\n"
        "\"{\"\"type\"\":\"\"fedavgm\"\"}\",0.1,,18446744073709551615,failed,0,,,,,,,,,,,0,0,,,r1,"
        "\"a \"\"reason\"\", and\nmore\",\"a.csv, b.csv\",sh a,\r\n"
        ",,5,0,target_reached,0,1.5,0.97,0.5,,,,,,,,0,0,,,r2,,,,test\r\n");
    std::filesystem::remove(dir / "results.csv");
    const sweep_results back(dir.path());
    BOOST_REQUIRE(back.rows().size() == 2U);
    BOOST_TEST((back.rows()[0].grid == first.grid));
    BOOST_TEST(back.rows()[0].seed == first.seed);
    BOOST_TEST(back.rows()[0].reason == first.reason);
    BOOST_TEST((back.rows()[0].inputs == first.inputs));
    BOOST_TEST((back.rows()[1].inputs == second.inputs));
    BOOST_TEST(back.rows()[1].rounds_to_target.value() == 1.5);
    BOOST_TEST(std::filesystem::exists(dir / "results.csv"));
}

BOOST_AUTO_TEST_SUITE_END()
