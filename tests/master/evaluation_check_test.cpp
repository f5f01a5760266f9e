#include <boost/test/unit_test.hpp>

#include "master/evaluation_check.hpp"
#include "master/evaluation_summary.hpp"
#include <cmath>
#include <functional>
#include <utility>

namespace {

namespace master = fedasio::master;
using fedasio::wire::evaluation;

/// Ten samples, of which two are taken for a wrong class.
evaluation honest() {
    evaluation result{0, 10, 4.0, 8};
    result.confusion = {3, 1, 0, 0, 3, 0, 1, 0, 2};
    // Three histograms of 21 cells here, each with all samples in it.
    result.scores = {{0, 6, 1}, {20, 0, 3}, {22, 7, 0}, {40, 0, 3}, {42, 7, 1}, {62, 0, 2}};
    return result;
}

using lie = std::pair<const char*, std::function<void(evaluation&)>>;

} // namespace

BOOST_AUTO_TEST_SUITE(evaluation_check)

BOOST_AUTO_TEST_CASE(an_honest_result_is_taken) {
    const master::evaluation_terms terms{10, 3, true, 63};
    BOOST_TEST(master::objection_to(honest(), terms) == "");
    auto silent = honest();
    silent.confusion.clear();
    silent.scores.clear();
    BOOST_TEST(master::objection_to(silent, terms) == "");
    BOOST_TEST(master::objection_to({}, terms) == "");
    // A model that knows everything, and one that knows nothing.
    BOOST_TEST(master::objection_to({0, 10, 0.0, 10}, terms) == "");
    BOOST_TEST(master::objection_to({0, 10, 10 * std::log(3.0), 10}, terms) == "");
    BOOST_TEST(master::objection_to({0, 10, 10 * std::log(2.0), 0}, terms) == "");
}

// Nobody knows how many classes a trainer's own model has, so what it counts by class has no meaning here.
BOOST_AUTO_TEST_CASE(a_trainers_own_model_has_no_counts_by_class) {
    master::evaluation_terms terms;
    terms.is_open = true;
    terms.held_out = 10;
    BOOST_TEST(master::objection_to({0, 10, 12.5, 7}, terms) == "");
    for (const lie& one :
         {lie{"confusion", [](evaluation& it) { it.scores.clear(); }},
          lie{"scores", [](evaluation& it) { it.confusion.clear(); }}, lie{"histogram", [](evaluation& it) {
                                                                               it.confusion.clear();
                                                                               it.scores.clear();
                                                                               it.histogram = {{0, 10}};
                                                                           }}}) {
        auto result = honest();
        one.second(result);
        BOOST_TEST(master::objection_to(result, terms) ==
                   "it tells counts of its samples, and was not asked for them");
    }
}

BOOST_AUTO_TEST_CASE(what_no_samples_can_give_is_not) {
    const master::evaluation_terms terms{10, 3, true, 63};
    const lie lies[] = {
        {"of 10 that it holds out", [](evaluation& it) { it.samples = 100'000'000; }},
        {"too little", [](evaluation& it) { it.loss_sum = 0; }},
        {"too little", [](evaluation& it) { it.correct = 2; }},
        {"too much", [](evaluation& it) { it = {0, 10, 40.0, 10}; }},
        {"no samples", [](evaluation& it) { it = {0, 0, 1.0, 0}; }},
        {"confusion matrix", [](evaluation& it) { it.confusion[0] = 4; }},
        {"confusion matrix", [](evaluation& it) { it.confusion = {10}; }},
        {"number of hits", [](evaluation& it) { std::swap(it.confusion[0], it.confusion[1]); }},
        {"scores", [](evaluation& it) { it.scores.pop_back(); }},
        {"scores", [](evaluation& it) { it.scores.back().place = 63; }},
        {"scores", [](evaluation& it) { std::swap(it.scores[0].own, it.scores[0].others); }},
        {"other classes",
         [](evaluation& it) {
             it.scores = {{0, 7, 1}, {20, 0, 2}, {22, 6, 0}, {40, 0, 4}, {42, 7, 1}, {62, 0, 2}};
         }},
    };
    for (const auto& [says, tell] : lies) {
        auto result = honest();
        tell(result);
        const auto objection = master::objection_to(result, terms);
        BOOST_TEST(objection.find(says) != std::string::npos, says << ": " << objection);
    }
    auto unasked = terms;
    unasked.score_cells = 0;
    BOOST_TEST(master::objection_to(honest(), unasked).find("scores") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(squared_and_absolute_errors_go_together) {
    const master::evaluation_terms terms{4, 0, false, 0};
    evaluation result{0, 4, 30.0, 0};
    BOOST_TEST(master::objection_to(result, terms) == "");
    result.absolute_sum = 10; // 1, 2, 3, 4
    BOOST_TEST(master::objection_to(result, terms) == "");
    for (const double lie : {0.0, 5.0, 11.5}) {
        result.absolute_sum = lie;
        BOOST_TEST(master::objection_to(result, terms).find("absolute_sum") != std::string::npos);
    }
    BOOST_TEST(master::objection_to({0, 4, 30.0, 4}, terms).find("correct") != std::string::npos);
}

// One client that tells them would make the R2 of all what it likes.
BOOST_AUTO_TEST_CASE(no_targets_lie_beyond_float32) {
    const master::evaluation_terms terms{4, 0, false, 0};
    evaluation result{0, 4, 30.0, 0};
    result.label_mean = -1e30;
    result.label_m2 = 1e70;
    BOOST_TEST(master::objection_to(result, terms) == "");
    for (const lie& one : {lie{"mean", [](evaluation& it) { it.label_mean = 1e200; }},
                           lie{"mean", [](evaluation& it) { it.label_mean = -1e200; }},
                           lie{"m2", [](evaluation& it) { it.label_m2 = 1e99; }}}) {
        auto told = result;
        one.second(told);
        BOOST_TEST(master::objection_to(told, terms).find("beyond what any targets have") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_histogram_is_of_the_samples_and_of_their_errors) {
    master::evaluation_terms terms{10, 0, false, 0};
    terms.histogram = true;
    evaluation honest{0, 10, 4.0, 0};
    BOOST_TEST(master::objection_to(honest, terms) == "");
    honest.histogram = {{0, 7}, {4, 1}, {24, 2}}; // of one sample the error is 0.75 at least
    BOOST_TEST(master::objection_to(honest, terms) == "");
    const lie lies[] = {
        {"not that of its samples", [](evaluation& it) { it.histogram[0].count = 6; }},
        {"not that of its samples", [](evaluation& it) { it.histogram.pop_back(); }},
        {"not that of its samples", [](evaluation& it) { it.samples = 9; }},
        {"makes it 30.25 at least", [](evaluation& it) { it.histogram[1].place = 23; }},
    };
    for (const auto& [says, tell] : lies) {
        auto result = honest;
        tell(result);
        const auto objection = master::objection_to(result, terms);
        BOOST_TEST(objection.find(says) != std::string::npos, says << ": " << objection);
    }
    terms.histogram = false;
    BOOST_TEST(master::objection_to(honest, terms).find("not that of its samples") != std::string::npos);
    // Classes have none.
    const master::evaluation_terms classes{10, 3, true, 63};
    auto other = ::honest();
    other.histogram = {{0, 10}};
    BOOST_TEST(master::objection_to(other, classes).find("not that of its samples") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(histograms_add_up_in_any_order_if_everybody_tells) {
    master::evaluation_terms terms{10, 0, false, 0};
    terms.histogram = true;
    const evaluation one{0, 4, 1.0, 0, {}, {}, {}, {}, {}, true, {}, {{0, 1}, {24, 3}}};
    const evaluation two{1, 2, 0.5, 0, {}, {}, {}, {}, {}, true, {}, {{24, 1}, {575, 1}}};
    const std::vector<fedasio::nn::value_histogram::cell> sum{{0, 1}, {24, 4}, {575, 1}};
    // Whoever tested nothing has nothing to tell.
    BOOST_TEST((master::summarize({{0, one}, {1, two}, {2, {}}}, terms, 1).all.histogram == sum));
    BOOST_TEST((master::summarize({{0, two}, {1, one}}, terms, 1).all.histogram == sum));
    const evaluation silent{2, 3, 0.5, 0};
    BOOST_TEST(master::summarize({{0, one}, {1, two}, {2, silent}}, terms, 1).all.histogram.empty());
    terms.histogram = false;
    BOOST_TEST(master::summarize({{0, one}, {1, two}}, terms, 1).all.histogram.empty());
}

BOOST_AUTO_TEST_CASE(two_classes_have_one_histogram) {
    const master::evaluation_terms terms{4, 2, true, 8};
    evaluation result{0, 4, 1.0, 4};
    result.confusion = {1, 0, 0, 3};
    result.scores = {{1, 1, 0}, {7, 0, 3}};
    BOOST_TEST(master::objection_to(result, terms) == "");
    result.scores = {{1, 0, 1}, {7, 3, 0}};
    BOOST_TEST(master::objection_to(result, terms).find("other classes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(values_of_classes_have_a_least_loss_too) {
    const master::evaluation_terms terms{10, 5, false, 0};
    BOOST_TEST(master::objection_to({0, 10, 1.0, 0}, terms) == "");
    BOOST_TEST(master::objection_to({0, 10, 0.5, 0}, terms).find("too little") != std::string::npos);
    BOOST_TEST(master::objection_to({0, 10, 50.0, 10}, terms) == "");
}

BOOST_AUTO_TEST_CASE(who_is_out_of_all_proportion_is_named) {
    std::map<master::client_id, evaluation> results;
    for (master::client_id client = 0; client < 4; ++client) {
        results[client] = {client, 20 + client, 10.0 + client, 15};
    }
    BOOST_TEST(master::out_of_proportion(results, 1).empty());
    auto some = results;
    some[1].samples = 30'000;
    some[2] = {2, 20, 25'000, 0};
    auto found = master::out_of_proportion(some, 1);
    BOOST_TEST(found.size() == 2U);
    BOOST_TEST(found.contains(1));
    BOOST_TEST(found.contains(2));
    some = results;
    some[3] = {3, 20, 0, 20};
    found = master::out_of_proportion(some, 1);
    BOOST_TEST(found.size() == 1U);
    BOOST_TEST(found[3].find("no loss at all") != std::string::npos);
    // Of two nobody knows who is wrong; a client without samples is no third.
    std::map<master::client_id, evaluation> two{{0, {0, 10, 5, 5}}, {1, {1, 10, 1e9, 0}}, {2, {}}};
    BOOST_TEST(master::out_of_proportion(two, 1).empty());
    // Everybody's loss may be small, or large.
    for (auto& [client, result] : results) {
        result.loss_sum *= client == 3 ? 5e-4 : 1e-6;
    }
    BOOST_TEST(master::out_of_proportion(results, 1).empty());
    BOOST_TEST(master::out_of_proportion(results, 0).size() == 0U);
    results[3].loss_sum *= 10;
    BOOST_TEST(master::out_of_proportion(results, 0).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_median_is_in_the_middle) {
    BOOST_TEST(!master::median({}).has_value());
    BOOST_TEST(*master::median({3}) == 3);
    BOOST_TEST(*master::median({9, 1}) == 5);
    BOOST_TEST(*master::median({9, 1, 2}) == 2);
}

BOOST_AUTO_TEST_CASE(errors_of_a_regression_are_in_the_labels_unit) {
    // Targets 1, 2, 3, 4 and -1, 1, of which all are missed by 0.5, in units of 10.
    std::map<master::client_id, evaluation> results;
    results[0] = {0, 4, 1.0, 0, {}, {}, 2.0, 2.5, 5.0};
    results[1] = {1, 2, 0.5, 0, {}, {}, 1.0, 0.0, 2.0};
    const master::evaluation_terms terms{10, 0, false, 0};
    auto summary = master::summarize(results, terms, 10);
    auto all = summary.all.metrics(10);
    BOOST_TEST(*all.rmse == 5.0);
    BOOST_TEST(*all.mae == 5.0);
    // The mean of all is 10 / 6.
    BOOST_TEST(*all.r2 == 1 - 1.5 / (32 - 100.0 / 6), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(!all.accuracy.has_value());
    BOOST_TEST(!all.auc.has_value());
    BOOST_TEST(all.recall.empty());
    BOOST_REQUIRE(summary.clients.size() == 2U);
    BOOST_TEST(*summary.clients[0].metrics.r2 == 0.8);
    BOOST_TEST(*summary.clients[1].metrics.r2 == 0.75);
    BOOST_TEST(*summary.median.r2 == 0.775);
    BOOST_TEST(*summary.median.rmse == 5.0);
    // A loss beyond all measure by a deviation beyond all measure is no number.
    auto odd = results;
    odd[0].loss_sum = 1e100;
    odd[0].label_m2 = 1e-300;
    BOOST_TEST(!master::summarize(odd, terms, 10).clients[0].metrics.r2.has_value());
    // What one keeps to itself is not known of all; labels that are all alike have no R2.
    results[1].label_m2.reset();
    all = master::summarize(results, terms, 10).all.metrics(10);
    BOOST_TEST(!all.r2.has_value());
    BOOST_TEST(all.mae.has_value());
    results[1].label_m2 = 0;
    results[1].absolute_sum.reset();
    summary = master::summarize(results, terms, 10);
    BOOST_TEST(!summary.all.metrics(10).mae.has_value());
    BOOST_TEST(!summary.clients[1].metrics.r2.has_value());
    BOOST_TEST(!master::summarize({}, terms, 10).all.metrics(10).rmse.has_value());
}

BOOST_AUTO_TEST_CASE(recall_is_of_a_class_and_unknown_where_it_has_no_samples) {
    std::map<master::client_id, evaluation> results;
    results[0] = {0, 4, 2.0, 3, {2, 0, 0, 1, 1, 0, 0, 0, 0}};
    results[1] = {1, 4, 2.0, 2, {0, 2, 0, 0, 2, 0, 0, 0, 0}};
    const master::evaluation_terms terms{10, 3, true, 0};
    const auto summary = master::summarize(results, terms, 1);
    const auto all = summary.all.metrics(1);
    BOOST_REQUIRE(all.recall.size() == 3U);
    BOOST_TEST(*all.recall[0] == 0.5);
    BOOST_TEST(*all.recall[1] == 0.75);
    BOOST_TEST(!all.recall[2].has_value());
    BOOST_TEST(*all.accuracy == 0.625);
    BOOST_TEST(*summary.clients[1].metrics.recall[1] == 1.0);
    results[1].confusion.clear();
    BOOST_TEST(master::summarize(results, terms, 1).all.metrics(1).recall.empty());
}

BOOST_AUTO_TEST_SUITE_END()
