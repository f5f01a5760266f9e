#include <fedasio/simulation/sweep_summary.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace fedasio::simulation;

namespace {

sweep_row row_of(double rate, std::uint64_t seed, double accuracy) {
    sweep_row row;
    row.run = std::to_string(rate) + "/" + std::to_string(seed);
    row.grid = {{"rate", rate}};
    row.seed = seed;
    row.outcome = "rounds_done";
    row.last_test_accuracy = accuracy;
    row.seconds = 1;
    return row;
}

std::string one_plan(const sweep_row&) {
    return "plan";
}

} // namespace

BOOST_AUTO_TEST_SUITE(sweep_summaries)

BOOST_AUTO_TEST_CASE(seeds_of_one_combination_are_one_row) {
    std::vector<sweep_row> rows{row_of(0.1, 1, 0.5), row_of(0.2, 1, 0.875), row_of(0.1, 2, 0.75),
                                row_of(0.1, 3, 0.625)};
    rows[2].rounds_to_target = 4;
    const auto groups = summarize(rows, one_plan);
    BOOST_REQUIRE(groups.size() == 2U);
    BOOST_TEST(groups[0].runs == 3U);
    BOOST_TEST(groups[0].last_test_accuracy.mean == 0.625);
    BOOST_TEST(groups[0].last_test_accuracy.deviation.value() == 0.125);
    BOOST_TEST(groups[0].rounds_to_target.runs == 1U);
    BOOST_TEST(!groups[0].rounds_to_target.deviation.has_value());
    BOOST_TEST(groups[0].best_test_accuracy.runs == 0U);
    BOOST_TEST(groups[1].last_test_accuracy.mean == 0.875);
    BOOST_TEST(to_text(groups[0].last_test_accuracy) == "0.625 ± 0.12");
    BOOST_TEST(to_text(groups[1].last_test_accuracy) == "0.875");
    BOOST_TEST(to_text(groups[1].best_test_accuracy).empty());
    BOOST_TEST(summary_csv(groups) ==
               "rate,runs,failed,rounds_to_target_mean,rounds_to_target_deviation,best_test_accuracy_mean,"
               "best_test_accuracy_deviation,last_test_accuracy_mean,last_test_accuracy_deviation,"
               "best_test_loss_mean,best_test_loss_deviation,last_test_loss_mean,last_test_loss_deviation,"
               "last_train_loss_mean,last_train_loss_deviation,last_test_r2_mean,last_test_r2_deviation,"
               "last_test_rmse_mean,last_test_rmse_deviation,last_test_mae_mean,last_test_mae_deviation,"
               "last_test_auc_mean,last_test_auc_deviation,seconds_mean,seconds_deviation,data,trainer,"
               "evaluator\r\n"
               "0.1,3,0,4,,,,0.625,0.125,,,,,,,,,,,,,,,1,0,,,\r\n"
               "0.2,1,0,,,,,0.875,,,,,,,,,,,,,,,,1,,,,\r\n");
}

BOOST_AUTO_TEST_CASE(what_failed_does_not_count) {
    std::vector<sweep_row> rows{row_of(0.1, 1, 0.5), row_of(0.1, 2, 0.1)};
    rows[1].outcome = "failed";
    const auto groups = summarize(rows, one_plan);
    BOOST_REQUIRE(groups.size() == 1U);
    BOOST_TEST(groups[0].runs == 1U);
    BOOST_TEST(groups[0].failed == 1U);
    BOOST_TEST(groups[0].last_test_accuracy.mean == 0.5);
}

BOOST_AUTO_TEST_CASE(other_plans_are_other_groups_and_the_order_of_settings_is_not) {
    std::vector<sweep_row> rows{row_of(0.1, 1, 0.5), row_of(0.1, 2, 0.1)};
    BOOST_TEST(summarize(rows, [](const sweep_row& row) { return row.run; }).size() == 2U);
    rows[0].grid = {{"a", 1}, {"b", 2}};
    rows[1].grid = {{"b", 2}, {"a", 1}};
    BOOST_TEST(summarize(rows, one_plan).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_tested_by_others_or_trained_by_others_is_no_repetition) {
    std::vector<sweep_row> rows{row_of(0.1, 1, 0.5), row_of(0.1, 2, 0.75), row_of(0.1, 1, 0.25),
                                row_of(0.1, 1, 0.125), row_of(0.1, 1, 0)};
    rows[2].inputs.evaluator = "python3 a.py, b";
    rows[3].inputs.trainer = "python3 a.py, b";
    rows[4].inputs.data = "a";
    const auto groups = summarize(rows, one_plan);
    BOOST_REQUIRE(groups.size() == 4U);
    BOOST_TEST(groups[0].runs == 2U);
    BOOST_TEST(groups[0].last_test_accuracy.mean == 0.625);
    BOOST_TEST(groups[1].inputs.evaluator == "python3 a.py, b");
    const auto csv = summary_csv(groups);
    BOOST_TEST(csv.find(",1,,,,\"python3 a.py, b\"\r\n") != std::string::npos, csv);
    BOOST_TEST(csv.find(",1,,,\"python3 a.py, b\",\r\n") != std::string::npos, csv);
    BOOST_TEST(csv.find(",1,,a,,\r\n") != std::string::npos, csv);
}

BOOST_AUTO_TEST_SUITE_END()
