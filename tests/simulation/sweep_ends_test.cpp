#include "sweep_workplace.hpp"

using namespace fedasio::simulation;
using namespace fedasio::simulation::testing;
using fedasio::test::read_bytes;
namespace text = fedasio::text;
namespace plan = fedasio::plan;
namespace master = fedasio::master;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(sweeps_that_end_early)

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

BOOST_AUTO_TEST_CASE(a_run_whose_evaluator_tested_nothing_has_failed) {
    const workplace here;
    scripted script;
    script.accuracies.clear();
    script.detail = "7 rounds done; the evaluator tested nothing";
    auto runs = here.runs({});
    const auto plain = sweep(runs, here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(plain.succeeded == 1U); // nobody wanted a test
    sweep_request request{here.plan, {}, {}, {}, {}, "train me", "test me"};
    runs = plan_sweep(request);
    const auto untested = sweep(runs, here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(untested.failed == 1U);
    const auto rows = here.rows();
    BOOST_TEST(rows.at(1).outcome == "failed");
    BOOST_TEST(rows.at(1).reason == script.detail);
    BOOST_TEST((rows.at(1).inputs == run_inputs{{}, "train me", "test me"}));
    BOOST_TEST((rows.at(0).inputs == run_inputs{}));
    // Seeds of the same plan, but no repetitions of each other.
    BOOST_TEST(std::ranges::count(read_bytes(here.dir / "out" / "summary.csv"), '\n') == 3);
    auto options = here.options();
    options.retry_failed = true;
    script.accuracies = {0.5};
    BOOST_TEST(sweep(runs, options, {}, nobody, script.to_simulator()).succeeded == 1U);
    BOOST_TEST(here.rows().at(1).outcome == "rounds_done");
}

BOOST_AUTO_TEST_CASE(programs_are_part_of_what_a_run_is) {
    const workplace here;
    scripted script;
    const auto plain = here.runs({}).at(0);
    sweep_request request{here.plan, {}, {}, {}, {}, "train me", "test me"};
    const auto runs = plan_sweep(request);
    sweep(runs, here.options(), {}, nobody, script.to_simulator());
    BOOST_TEST(script.with.at(0).trainer == "train me");
    BOOST_TEST(script.with.at(0).evaluator == "test me");
    request.trainer.clear();
    const auto tested_only = plan_sweep(request).at(0);
    request.evaluator = "test me otherwise";
    const auto otherwise = plan_sweep(request).at(0);
    request.evaluator.clear();
    BOOST_TEST(plan_sweep(request).at(0).id == plain.id);
    BOOST_TEST(tested_only.id != plain.id);
    BOOST_TEST(tested_only.id != runs.at(0).id);
    BOOST_TEST(tested_only.id != otherwise.id);
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

BOOST_AUTO_TEST_SUITE_END()
