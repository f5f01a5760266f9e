#include <fedasio/simulation/curve.hpp>
#include <fedasio/simulation/sweep.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace fedasio::simulation;
using fedasio::test::read_bytes;
using fedasio::test::scratch_directory;
namespace text = fedasio::text;
namespace plan = fedasio::plan;
namespace master = fedasio::master;
namespace json = boost::json;
using kind = sweep_progress::kind;

namespace {

auto says(const std::string& part) {
    return [part](const std::exception& error) {
        BOOST_TEST_MESSAGE(error.what());
        return std::string(error.what()).find(part) != std::string::npos;
    };
}

/// A folder with a table, a plan for it, and a place for results.
struct workplace {
    workplace() {
        std::string table = "x,y,label\n";
        for (int i = 0; i < 200; ++i) {
            const int x = i % 17;
            const int y = i % 13;
            table += std::to_string(x) + "," + std::to_string(y) + (x > y ? ",over\n" : ",under\n");
        }
        plan = dir.write("small.json", R"({
          "seed": 3,
          "model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
          "data": {"source": {"type": "csv", "train": ")" +
                                           dir.write("all.csv", table).string() + R"(", "label": "label"},
                   "partition": {"scheme": "iid"}},
          "clients": 4, "fraction": 0.5, "rounds": 7, "checkpoint_every": 2,
          "strategy": "fedavgm", // its momentum is in the checkpoint
          "local": {"batch_size": 5, "optimizer": {"type": "sgd", "learning_rate": 0.01}}})");
    }

    [[nodiscard]] std::vector<sweep_run> runs(const std::vector<std::string>& grid,
                                              std::vector<std::uint64_t> seeds = {},
                                              const std::vector<std::string>& settings = {}) const {
        sweep_request request{plan, {}, {}, std::move(seeds), {}};
        for (const auto& text : grid) {
            request.axes.push_back(parse_axis(text));
        }
        for (const auto& text : settings) {
            request.settings.push_back(parse_setting(text));
        }
        return plan_sweep(request);
    }

    [[nodiscard]] sweep_options options() const {
        return {.out = dir / "out", .threads = 0, .retry_failed = false};
    }

    [[nodiscard]] std::vector<sweep_row> rows() const { return sweep_results(dir / "out").rows(); }

    scratch_directory dir;
    std::filesystem::path plan;
};

/// Takes part in a sweep in place of simulate(): tells of these rounds' accuracies and ends as it is told to.
class scripted {
public:
    std::vector<double> accuracies{0.5, 0.75};
    master::training_outcome outcome = master::training_outcome::rounds_done;
    std::string detail;
    std::vector<plan::plan> seen;
    std::vector<simulation_options> with;
    std::function<void()> meanwhile = [] {};

    bool operator()(const plan::plan& plan, const simulation_options& options,
                    const std::function<void(const master::event&)>& on_event) {
        seen.push_back(plan);
        with.push_back(options);
        meanwhile();
        std::uint32_t round = 0;
        for (const double accuracy : accuracies) {
            master::round_result result;
            result.round = ++round;
            result.test_accuracy = accuracy;
            result.seconds[static_cast<std::size_t>(master::phase::training)] = 2;
            result.seconds[static_cast<std::size_t>(master::phase::evaluating)] = 1;
            result.dropped.resize(round == 2 ? 3 : 0);
            on_event({1, 0, master::round_finished{result}});
        }
        on_event({2, 0, master::training_finished{outcome, detail, round, "5a"}});
        return true;
    }

    simulator to_simulator() {
        return [this](const plan::plan& plan, const simulation_options& options, const std::stop_token&,
                      const std::function<void(const master::event&)>& on_event) {
            return (*this)(plan, options, on_event);
        };
    }
};

/// What a sweep told, as letters in order.
struct heard {
    std::string kinds;
    std::vector<std::string> texts;
    std::uint32_t resumed_after = 0;

    void operator()(const sweep_progress& news) {
        kinds += "asrown!"[static_cast<std::size_t>(news.what)];
        if (news.what == kind::resumed) {
            resumed_after = news.round;
        }
        texts.push_back(news.text);
    }
};

const auto nobody = [](const sweep_progress&) {};

} // namespace

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

BOOST_AUTO_TEST_CASE(a_run_that_fails_is_a_row_and_the_sweep_goes_on) {
    const workplace here;
    scripted script;
    const auto diverging = [&](const plan::plan& plan, const simulation_options& options,
                               const std::stop_token&,
                               const std::function<void(const master::event&)>& on_event) {
        if (plan.local.epochs == 1) {
            throw std::runtime_error("could not begin");
        }
        script.outcome = plan.local.epochs == 2 ? master::training_outcome::failed
                                                : master::training_outcome::target_reached;
        script.detail = "it diverged, \"quite\"";
        return script(plan, options, on_event);
    };
    auto options = here.options();
    const auto runs = here.runs({"local.epochs=1,2,3"});
    const auto summary = sweep(runs, options, {}, nobody, diverging);
    BOOST_TEST(summary.failed == 2U);
    BOOST_TEST(summary.succeeded == 1U);
    const auto rows = here.rows();
    BOOST_TEST(rows.at(0).outcome == "failed");
    BOOST_TEST(rows.at(0).reason == "could not begin");
    BOOST_TEST(rows.at(1).outcome == "failed");
    BOOST_TEST(rows.at(1).reason == "it diverged, \"quite\"");
    BOOST_TEST(rows.at(1).best_test_accuracy.value() == 0.75);
    BOOST_TEST(rows.at(2).outcome == "target_reached");
    BOOST_TEST(rows.at(2).reason.empty());

    heard again;
    sweep(runs, options, {}, std::ref(again), script.to_simulator());
    BOOST_TEST(again.kinds == "aaa");
    options.retry_failed = true;
    script.outcome = master::training_outcome::rounds_done;
    const auto retried = sweep(runs, options, {}, nobody, script.to_simulator());
    BOOST_TEST(retried.succeeded == 3U);
    BOOST_TEST(here.rows().size() == 3U);
}

BOOST_AUTO_TEST_CASE(warnings_of_a_run_are_passed_on) {
    const workplace here;
    heard told;
    sweep(here.runs({}), here.options(), {}, std::ref(told),
          [](const plan::plan&, const simulation_options&, const std::stop_token&,
             const std::function<void(const master::event&)>& on_event) {
              on_event({1, 0, master::noticed{master::noticed::severity::info, "small talk"}});
              on_event({1, 0, master::noticed{master::noticed::severity::error, "disk full"}});
              return false;
          });
    BOOST_TEST(told.kinds == "swn");
    BOOST_TEST(told.texts.at(1) == "disk full");
    BOOST_TEST(here.rows().at(0).reason == "it ended without a result");
}

BOOST_AUTO_TEST_CASE(an_interrupted_sweep_ends_as_if_it_had_not_been) {
    const workplace one;
    const workplace other;
    const std::vector<std::string> grid{"local.epochs=1,2"};
    sweep(one.runs(grid), one.options(), {}, nobody);

    std::stop_source stop;
    heard told;
    const auto runs = other.runs(grid);
    const auto summary = sweep(runs, other.options(), stop.get_token(), [&](const sweep_progress& news) {
        told(news);
        if (news.what == kind::round && news.round == 5) {
            stop.request_stop();
        }
    });
    BOOST_TEST(told.kinds == "sooooo!");
    BOOST_TEST(summary.open == 2U);
    BOOST_TEST(other.rows().empty());

    heard later;
    sweep(runs, other.options(), {}, std::ref(later));
    BOOST_TEST(later.kinds == "roonsooooooon");
    BOOST_TEST(later.resumed_after == 5U);
    const auto expected = one.rows();
    const auto rows = other.rows();
    BOOST_REQUIRE(rows.size() == 2U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        BOOST_TEST(rows[i].weights_sha256 == expected[i].weights_sha256);
        BOOST_TEST(rows[i].rounds == expected[i].rounds);
        BOOST_TEST(rows[i].best_test_accuracy.value() == expected[i].best_test_accuracy.value());
        BOOST_TEST(rows[i].seconds > 0);
        auto curve = read_curve(other.dir / "out" / "curves" / (rows[i].run + ".csv"));
        auto whole = read_curve(one.dir / "out" / "curves" / (expected[i].run + ".csv"));
        BOOST_REQUIRE(curve.size() == 7U);
        for (auto* points : {&curve, &whole}) {
            for (auto& point : *points) {
                BOOST_TEST(point.seconds > 0);
                point.seconds = 0;
            }
        }
        BOOST_TEST((curve == whole));
    }
    BOOST_TEST(!std::filesystem::exists(other.dir / "out" / "state" / rows[0].run));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_without_its_curve_is_not_resumed) {
    for (const bool has_curve : {true, false}) {
        const workplace here;
        const auto runs = here.runs({});
        std::stop_source stop;
        sweep(runs, here.options(), stop.get_token(), [&](const sweep_progress& news) {
            if (news.what == kind::round && news.round == 3) {
                stop.request_stop();
            }
        });
        if (!has_curve) {
            std::filesystem::remove(here.dir / "out" / "curves" / (runs[0].id + ".csv"));
        }
        heard told;
        sweep(runs, here.options(), {}, std::ref(told));
        BOOST_TEST(told.kinds == (has_curve ? "roooon" : "sooooooon"));
        BOOST_TEST(read_curve(here.dir / "out" / "curves" / (runs[0].id + ".csv")).size() == 7U);
    }
}

BOOST_AUTO_TEST_CASE(a_run_that_was_past_its_target_starts_anew) {
    const workplace here;
    const auto runs = here.runs({}, {}, {"target_accuracy=0.01"});
    const auto curve = here.dir / "out" / "curves" / (runs[0].id + ".csv");
    // Killed between its last checkpoint and its row: the same plan without a target leaves such a state.
    const auto longer = here.runs({});
    std::stop_source stop;
    sweep(longer, here.options(), stop.get_token(), [&](const sweep_progress& news) {
        if (news.what == kind::round && news.round == 3) {
            stop.request_stop();
        }
    });
    std::filesystem::rename(here.dir / "out" / "state" / longer[0].id,
                            here.dir / "out" / "state" / runs[0].id);
    std::filesystem::rename(here.dir / "out" / "curves" / (longer[0].id + ".csv"), curve);
    heard told;
    sweep(runs, here.options(), {}, std::ref(told));
    BOOST_TEST(told.kinds == "son");
    BOOST_TEST(here.rows().at(0).rounds == 1U);
}

BOOST_AUTO_TEST_CASE(a_stopped_sweep_starts_nothing_but_counts_what_is_done) {
    const workplace here;
    scripted script;
    sweep(here.runs({"local.epochs=2"}), here.options(), {}, nobody, script.to_simulator());
    std::stop_source stop;
    stop.request_stop();
    heard told;
    const auto summary = sweep(here.runs({"local.epochs=1,2"}), here.options(), stop.get_token(),
                               std::ref(told), script.to_simulator());
    BOOST_TEST(told.kinds == "a");
    BOOST_TEST(summary.open == 1U);
    BOOST_TEST(summary.succeeded == 1U);
}

BOOST_AUTO_TEST_CASE(two_sweeps_do_not_share_a_folder) {
    const workplace here;
    scripted script;
    const auto runs = here.runs({});
    script.meanwhile = [&] {
        scripted second;
        BOOST_CHECK_EXCEPTION(sweep(runs, here.options(), {}, nobody, second.to_simulator()),
                              std::runtime_error, says("another sweep writes to"));
    };
    sweep(runs, here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(here.rows().size() == 1U);
    sweep(runs, here.options(), {}, nobody, script.to_simulator());
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
    results.put(first);
    sweep_row second;
    second.run = "r2";
    second.grid = {{"local.epochs", 5}};
    second.outcome = "target_reached";
    second.rounds_to_target = 1.5;
    second.best_test_accuracy = 0.97;
    second.last_test_accuracy = 0.5;
    results.put(second);
    BOOST_TEST(read_bytes(dir / "results.csv") ==
               "strategy,fraction,local.epochs,seed,outcome,rounds,rounds_to_target,best_test_accuracy,"
               "last_test_accuracy,best_test_loss,last_test_loss,last_train_loss,last_test_r2,last_test_rmse,"
               "last_test_mae,last_test_auc,seconds,dropped,weights_sha256,plan_digest,run,reason\r\n"
               "\"{\"\"type\"\":\"\"fedavgm\"\"}\",0.1,,18446744073709551615,failed,0,,,,,,,,,,,0,0,,,r1,"
               "\"a \"\"reason\"\", and\nmore\"\r\n"
               ",,5,0,target_reached,0,1.5,0.97,0.5,,,,,,,,0,0,,,r2,\r\n");
    std::filesystem::remove(dir / "results.csv");
    const sweep_results back(dir.path());
    BOOST_REQUIRE(back.rows().size() == 2U);
    BOOST_TEST((back.rows()[0].grid == first.grid));
    BOOST_TEST(back.rows()[0].seed == first.seed);
    BOOST_TEST(back.rows()[0].reason == first.reason);
    BOOST_TEST(back.rows()[1].rounds_to_target.value() == 1.5);
    BOOST_TEST(std::filesystem::exists(dir / "results.csv"));
}

BOOST_AUTO_TEST_SUITE_END()
