// Plans that judge models by metrics of a trainer of one's own.

#include <fedasio/plan/own_metrics.hpp>

#include "plan_texts.hpp"

using namespace plan_texts;

namespace {

const std::string declared = with(smallest, "/metrics", R"({"auc": "higher", "brier": "lower"})");

} // namespace

BOOST_AUTO_TEST_SUITE(own_metrics)

BOOST_AUTO_TEST_CASE(a_plan_says_what_is_better) {
    const auto best = parse(with(declared, "/keep_best", R"("test_metrics.auc")"));
    BOOST_TEST(best_metric(best) == "test_metrics.auc");
    BOOST_TEST(is_better_when_higher(best, "test_metrics.auc"));
    BOOST_TEST(is_better_when_higher(best, "train_metrics.auc"));
    BOOST_TEST(!is_better_when_higher(best, "test_metrics.brier"));
    // Those of every plan are what they are, whatever a trainer calls its own.
    const auto odd = parse(with(smallest, "/metrics", R"({"test_loss": "higher"})"));
    BOOST_TEST(!is_better_when_higher(odd, "test_loss"));
    BOOST_TEST(is_better_when_higher(odd, "test_metrics.test_loss"));
    BOOST_TEST(is_better_when_higher(odd, "test_accuracy"));
    const auto early =
        parse(with(declared, "/early_stopping", R"({"metric": "train_metrics.brier", "patience": 2})"));
    BOOST_TEST(stopping_metric(early) == "train_metrics.brier");
    BOOST_TEST(best_metric(early) == "test_accuracy");
}

BOOST_AUTO_TEST_CASE(it_decides_no_weights_and_survives_its_canonical_form) {
    const auto named = parse(with(declared, "/keep_best", R"("test_metrics.auc")"));
    BOOST_TEST(plan_digest(named) == plan_digest(parse(smallest)));
    BOOST_TEST(canonical_text(to_json(parse(smallest))).find("metrics") == std::string::npos);
    const auto text = canonical_text(to_json(named));
    BOOST_TEST(text.find(R"("keep_best":"test_metrics.auc","metrics":{"auc":"higher","brier":"lower"})") !=
               std::string::npos);
    BOOST_TEST(canonical_text(to_json(parse(text))) == text);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused_when_the_plan_is_read) {
    check_error(declared, "/keep_best", R"("test_metrics.f1")",
                R"(keep_best: names the metric "f1" of a trainer)");
    check_error(smallest, "/early_stopping", R"({"metric": "train_metrics.auc", "patience": 2})",
                R"(early_stopping.metric: names the metric "auc" of a trainer)");
    check_error(smallest, "/keep_best", R"("train_metrics.auc")", R"(write "metrics": {"auc": "higher"})");
    check_error(declared, "/keep_best", R"("test_metrics.")", "keep_best: must be one of \"auto\"");
    check_error(declared, "/keep_best", R"("auc")", "keep_best: must be one of \"auto\"");
    check_error(smallest, "/metrics", R"({"auc": "up"})", R"(metrics.auc: must be one of "higher", "lower")");
    check_error(smallest, "/metrics", R"({"a b": "higher"})", "metrics: has a name that is none of a metric");
    check_error(smallest, "/metrics", R"(["auc"])", "metrics: must be an object of at most 16 names");
    // What is nearly right is told.
    check_error(declared, "/keep_best", R"("test_metrics.auk")",
                R"(or did you mean "auc", of which it says so?)");
    check_error(declared, "/keep_best", R"("test_metric.auc")", R"(did you mean "test_metrics.auc"?)");
    check_error(declared, "/early_stopping", R"({"metric": "train_metric.brier", "patience": 2})",
                R"(early_stopping.metric: is "train_metric.brier", which is no metric; did you mean)");
    check_error(smallest, "/metrics", R"({"auc": "higer"})", R"(did you mean "higher"?)");
    check_error(smallest, "/metric", R"({"auc": "higher"})",
                "unknown key \"metric\"; did you mean `metrics`? Or write `metric` in `early_stopping`");
    // Nobody but a trainer has them.
    check_error(with(with(declared, "/data/source/test_images", R"("images")"), "/data/source/test_labels",
                     R"("labels")"),
                "/keep_best", R"("test_metrics.auc")", "keep_best: is of the tests of trainers");
    check_error(with(declared, "/data/test_fraction", "0"), "/keep_best", R"("test_metrics.auc")",
                "keep_best: needs test data");
    BOOST_TEST(best_metric(parse(with(with(declared, "/data/test_fraction", "0"), "/keep_best",
                                      R"("train_metrics.auc")"))) == "train_metrics.auc");
}

BOOST_AUTO_TEST_CASE(an_own_metric_of_any_name_has_no_meaning_of_ours) {
    // "accuracy" and "_mae" are of classes and of regressions where they are ours.
    const auto named = with(smallest, "/metrics", R"({"top5_accuracy": "higher", "x_mae": "lower"})");
    BOOST_TEST(best_metric(parse(with(named, "/keep_best", R"("test_metrics.x_mae")"))) ==
               "test_metrics.x_mae");
    BOOST_TEST(best_metric(parse(with(named, "/keep_best", R"("test_metrics.top5_accuracy")"))) ==
               "test_metrics.top5_accuracy");
}

BOOST_AUTO_TEST_SUITE_END()
