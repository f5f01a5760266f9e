// What trainers of one's own tell, averaged, and what a plan makes of it.

#include <fedasio/master/early_stop.hpp>
#include <fedasio/master/report.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "master/evaluation_summary.hpp"
#include "master/metric.hpp"
#include "master/own_metrics.hpp"
#include "master/round_state.hpp"

namespace {

using namespace fedasio;
using master::client_id;
using master::metric_means;
using plan::own_metrics;

wire::update update_of(client_id client, std::uint64_t samples, own_metrics metrics) {
    wire::update update{1, client, samples, 0.5, std::nullopt, 1};
    update.metrics = std::move(metrics);
    return update;
}

plan::plan judged_by(const std::string& metric) {
    return plan::parse_plan(
        R"({"model": {"arrays": "a.safetensors"}, "data": {"source": {"type": "trainer"}}, "clients": 2, "rounds": 3,
            "metrics": {"auc": "higher"}, "keep_best": ")" +
            metric + R"(", "early_stopping": {"patience": 2}})",
        "plan");
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_metrics_of_a_round)

BOOST_AUTO_TEST_CASE(each_is_averaged_by_the_samples_of_those_who_tell_it) {
    metric_means means;
    means.add({{"auc", 0.5}, {"f1", 1}}, 10);
    means.add({{"auc", 1.0}}, 30);
    means.add({}, 1000);
    means.add({{"none", 7}}, 0);
    const auto found = means.finish();
    BOOST_TEST(found.size() == 2U);
    BOOST_TEST(found.at("auc") == 0.875);
    BOOST_TEST(found.at("f1") == 1.0);
}

BOOST_AUTO_TEST_CASE(the_largest_numbers_of_the_most_samples_stay_finite) {
    metric_means means;
    for (int i = 0; i < 1000; ++i) {
        means.add({{"a", 1e100}}, 1ULL << 32U);
    }
    BOOST_TEST(means.finish().at("a") == 1e100, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(who_tells_many_takes_no_place_from_the_others) {
    metric_means means;
    own_metrics flood;
    for (int client = 0; client < 100; ++client) { // each alone with its names
        flood.clear();
        for (int i = 0; i < 16; ++i) {
            flood.emplace("a" + std::to_string(client) + "/" + std::to_string(i), 0);
        }
        means.add(flood, 1'000'000);
    }
    means.add({{"zz", 0.25}}, 1);
    means.add({{"zz", 0.75}}, 1);
    const auto found = means.finish();
    BOOST_TEST(found.size() == plan::limits::round_metrics);
    BOOST_TEST(found.at("zz") == 0.5);
    BOOST_TEST(found.contains("a0/0")); // of equal ones the first by name
    BOOST_TEST(!found.contains("a99/0"));
}

BOOST_AUTO_TEST_CASE(the_updates_that_count_make_those_of_the_round) {
    master::round_state round;
    round.updates = {update_of(0, 10, {{"auc", 0.5}}), std::nullopt, update_of(2, 30, {{"auc", 1.0}})};
    round.take_losses();
    BOOST_TEST(round.result.train_metrics.at("auc") == 0.875);
    round.updates[2].reset(); // left out
    round.take_losses();
    BOOST_TEST(round.result.train_metrics.at("auc") == 0.5);
    BOOST_TEST(round.result.test_metrics.empty());
}

BOOST_AUTO_TEST_CASE(tests_of_clients_make_those_of_the_test) {
    std::map<client_id, wire::evaluation> results;
    for (const client_id client : {0U, 1U, 2U}) {
        auto& one = results[client];
        one.client = client;
        one.samples = client == 0 ? 30 : 10;
        one.loss_sum = 1;
        one.tells_correct = false;
        if (client != 2) {
            one.metrics = {{"auc", client == 0 ? 1.0 : 0.5}};
        }
    }
    master::evaluation_terms terms;
    terms.is_open = true;
    const auto summary = master::summarize(results, terms, 1);
    master::round_result round;
    master::take_metrics(round, summary.all.metrics(1));
    BOOST_TEST(round.test_metrics.at("auc") == 0.875);
    BOOST_TEST(summary.clients[1].metrics.own.at("auc") == 0.5);
    BOOST_TEST(summary.clients[2].metrics.own.empty());
}

BOOST_AUTO_TEST_CASE(they_are_told_and_read_again) {
    master::round_result round;
    round.train_metrics = {{"auc", 0.1}, {"f1", 2}};
    round.test_metrics = {{"auc", 1.0 / 3}};
    const auto json = master::to_json(round);
    BOOST_TEST(json.at("train_metrics").at("f1").as_double() == 2.0);
    const auto again = master::read_round(json);
    BOOST_TEST((again.train_metrics == round.train_metrics));
    BOOST_TEST((again.test_metrics == round.test_metrics));
    // A round without them is written as it always was.
    BOOST_TEST(!master::to_json(master::round_result()).contains("train_metrics"));
    BOOST_TEST(!master::to_json(master::round_result()).contains("test_metrics"));
    master::clients_evaluated::one client;
    client.metrics.own = {{"auc", 0.75}};
    BOOST_TEST((master::read_client_test(master::to_json(client)).metrics.own == client.metrics.own));
    BOOST_TEST(!master::to_json(master::clients_evaluated::one()).contains("metrics"));
}

BOOST_AUTO_TEST_CASE(a_training_ends_by_one) {
    master::early_stop higher("test_metrics.auc", true, 2, 0);
    master::early_stop lower("test_metrics.auc", false, 2, 0);
    master::round_result round;
    for (const double value : {0.5, 0.75, 0.625, 0.75}) {
        ++round.round;
        round.test_metrics["auc"] = value;
        higher.take(round);
        lower.take(round);
    }
    BOOST_TEST(higher.is_reached());
    BOOST_TEST(higher.reason().find("test_metrics.auc") != std::string::npos);
    BOOST_TEST(higher.reason().find("0.75 in round 2") != std::string::npos);
    BOOST_TEST(lower.is_reached());
    BOOST_TEST(lower.reason().find("0.5 in round 1") != std::string::npos);
    // A test of some of the clients decides nothing.
    master::early_stop partial("test_metrics.auc", true, 1, 0);
    round.test_partial = true;
    for (int i = 0; i < 5; ++i) {
        partial.take(round);
    }
    BOOST_TEST(!partial.is_reached());
    BOOST_TEST(!master::metric_of(round, "train_metrics.auc"));
    BOOST_TEST(!master::metric_of(round, "auc"));
}

BOOST_AUTO_TEST_CASE(a_metric_that_nobody_tells_is_missed_once) {
    const auto plan = judged_by("test_metrics.auc");
    master::metric_watch watch;
    master::round_result round;
    round.round = 1;
    BOOST_TEST(watch.take(plan, round).empty()); // there was no test
    round.test_samples = 10;
    round.test_metrics = {{"f1", 0.5}};
    const auto said = watch.take(plan, round);
    BOOST_TEST_REQUIRE(said.size() == 2U);
    BOOST_TEST(
        said[0].find(R"(the plan's keep_best is "test_metrics.auc", but no client tells a metric "auc")"
                     " with its test (in round 1 they tell: f1)") != std::string::npos,
        said[0]);
    BOOST_TEST(said[1].find("early_stopping.metric") != std::string::npos);
    watch.begin_anew();
    round.test_metrics["AUC"] = 0.5;
    BOOST_TEST(watch.take(plan, round)[0].find(R"((in round 1 they tell: AUC, f1; did you mean "AUC"?))") !=
               std::string::npos);
    round.test_metrics.erase("AUC");
    watch.begin_anew();
    BOOST_TEST(watch.take(plan, round).size() == 2U);
    BOOST_TEST(watch.take(plan, round).empty());
    watch.begin_anew();
    BOOST_TEST(watch.take(plan, round).size() == 2U);
    watch.begin_anew();
    round.test_metrics["auc"] = 0.5;
    BOOST_TEST(watch.take(plan, round).empty());
    BOOST_TEST(watch.take(judged_by("train_metrics.auc"), round).size() == 2U);
    BOOST_TEST(watch.take(judged_by("train_loss"), round).empty());
    watch.begin_anew();
    auto by_accuracy = judged_by("test_accuracy");
    by_accuracy.target_accuracy = 0.9;
    const auto missed = watch.take(by_accuracy, round);
    BOOST_TEST_REQUIRE(missed.size() == 3U);
    BOOST_TEST(
        missed[0].find(R"(the plan's keep_best is "test_accuracy", and the test of round 1 has none)") !=
            std::string::npos,
        missed[0]);
    BOOST_TEST(missed[2].find("target_accuracy") != std::string::npos);
    watch.begin_anew();
    round.test_accuracy = 0.5;
    BOOST_TEST(watch.take(by_accuracy, round).empty());
}

BOOST_AUTO_TEST_SUITE_END()
