#include <boost/test/unit_test.hpp>

#include "scene.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

namespace {

using namespace fedasio;
using scenes::scene;
using scenes::train_to_the_end;

/// A table of heights from 150 to 182, and a plan that learns them in two rounds.
struct heights : scene {
    heights() {
        std::string table = "x,height\n";
        for (int i = 0; i < 90; ++i) {
            table += std::to_string(i % 17) + "," + std::to_string(150 + 2 * (i % 17)) + "\n";
        }
        rows = folder.write("heights.csv", table);
    }

    [[nodiscard]] plan::plan whole_plan(const std::string& more = "") const {
        return plan::parse_plan(
            R"({"model": {"layers": [{"type": "dense", "units": 1, "activation": "linear"}],
          "loss": "mean_squared_error"}, "data": {"source": {"type": "csv", "train": ")" +
                rows.string() + R"(", "label": "height")" + more +
                R"(}, "partition": {"scheme": "iid"}}, "clients": 6, "rounds": 2,
          "local": {"epochs": 1, "batch_size": 10, "optimizer": {"type": "sgd", "learning_rate": 0.0001}}})",
            "plan");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(rounds_as_people_see_them)

BOOST_AUTO_TEST_CASE(what_people_see_of_a_round) {
    const scene in;
    house::federation_of all(plan::parse_plan(in.plan, "plan"), in.options());
    all.add_worker("a");
    all.add_worker("b");
    all.play(train_to_the_end(all));

    for (const auto& assigned : all.all<master::worker_assigned>()) {
        for (const auto& client : assigned.clients) {
            BOOST_TEST(client.labels.size() == 2U);
            BOOST_TEST(std::reduce(client.labels.begin(), client.labels.end()) == client.samples);
        }
    }
    const auto compared = all.all<master::updates_compared>();
    BOOST_TEST_REQUIRE(compared.size() == 2U);
    BOOST_TEST(compared[1].round == 2U);
    BOOST_TEST(compared[1].step > 0);
    BOOST_TEST_REQUIRE(compared[1].clients.size() == 6U);
    double longest = 0;
    for (const auto& one : compared[1].clients) {
        BOOST_TEST(one.distance > 0);
        BOOST_TEST(std::abs(one.cosine.value()) <= 1);
        longest = std::max(longest, one.distance);
    }
    BOOST_TEST(compared[1].step <= longest);
    const auto layers = all.all<master::layers_measured>();
    BOOST_TEST_REQUIRE(layers.size() == 2U);
    BOOST_TEST(layers[1].round == 2U);
    double step = 0;
    for (const auto& array : layers[1].arrays) {
        BOOST_TEST(array.name.find(".dense.") != std::string::npos);
        BOOST_TEST(array.weights > 0);
        BOOST_TEST((array.units == 0) == array.name.ends_with("bias"));
        BOOST_TEST(array.still <= array.units);
        step += array.update * array.update;
    }
    // The arrays are the whole model, and its step is an estimate.
    BOOST_TEST(std::sqrt(step) == compared[1].step, boost::test_tools::tolerance(0.2));
    const auto evaluated = all.all<master::model_evaluated>();
    const auto finished = all.all<master::round_finished>();
    BOOST_TEST_REQUIRE(evaluated.size() == 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& [round, samples, classes, confusion, wrong, histogram] = evaluated[i];
        BOOST_TEST((classes == std::vector<std::string>{"over", "under"}));
        BOOST_TEST_REQUIRE(confusion.size() == 4U);
        BOOST_TEST(std::reduce(confusion.begin(), confusion.end()) == samples);
        const auto right = static_cast<double>(confusion[0] + confusion[3]);
        BOOST_TEST(right / static_cast<double>(samples) == finished[i].result.test_accuracy.value());
        BOOST_TEST(wrong.empty());
        BOOST_TEST(!histogram.has_value());
    }
    std::set<std::string> states;
    auto last = master::worker_state::joined;
    for (const auto& change : all.all<master::worker_state_changed>()) {
        states.emplace(to_string(change.state));
        last = change.state == master::worker_state::gone ? last : change.state;
    }
    BOOST_TEST(states.contains("sending"));
    BOOST_TEST((last == master::worker_state::ready));
}

BOOST_AUTO_TEST_CASE(a_single_client_goes_the_whole_step) {
    const scene in;
    const auto plan = house::plan_text(in.rows, R"(, "rounds": 1, "fraction": 0.1)");
    house::federation_of all(plan::parse_plan(plan, "plan"), in.options());
    all.add_worker("a");
    all.play(train_to_the_end(all));
    const auto compared = all.all<master::updates_compared>();
    BOOST_TEST_REQUIRE(compared.size() == 1U);
    BOOST_TEST_REQUIRE(compared[0].clients.size() == 1U);
    BOOST_TEST(compared[0].clients[0].distance == compared[0].step, boost::test_tools::tolerance(1e-4));
    BOOST_TEST(compared[0].clients[0].cosine.value() > 0.7);
}

// Weight decay and a long step of the master let the weights grow ten millionfold each round, which is not
// finite before it is seen to diverge.
BOOST_AUTO_TEST_CASE(a_step_to_weights_that_are_not_finite_fails_the_training) {
    const scene in;
    const auto plan = R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
      "data": {"source": {"type": "csv", "train": ")" +
                      in.rows.string() + R"(", "label": "label"}, "partition": {"scheme": "iid"}},
      "clients": 2, "checkpoint_every": 1, "rounds": 40,
      "local": {"epochs": 1, "batch_size": 1000, "optimizer": {"type": "sgd", "learning_rate": 0.1, "weight_decay": 150}},
      "strategy": {"type": "fedavgm", "server_learning_rate": 1000000}})";
    house::federation_of all(plan::parse_plan(plan, "plan"), in.options());
    all.add_worker("a");
    all.play(train_to_the_end(all));
    const auto end = all.all<master::training_finished>().back();
    BOOST_TEST((end.outcome == master::training_outcome::failed));
    const auto rounds = all.all<master::round_finished>();
    BOOST_TEST_REQUIRE(!rounds.empty());
    const auto last = rounds.back().result.round;
    BOOST_TEST(end.round == last);
    BOOST_TEST(end.detail.find("round " + std::to_string(last + 1) + " would make weights of no use") !=
               std::string::npos);
    BOOST_TEST(end.detail.find("lower strategy.server_learning_rate") != std::string::npos);
    BOOST_TEST(end.detail.find("The global model is that of round " + std::to_string(last)) !=
               std::string::npos);
    // What is on disk is from before the weights went wrong.
    for (const auto& written : all.all<master::checkpoint_written>()) {
        BOOST_TEST(written.round <= last);
    }
}

BOOST_AUTO_TEST_CASE(classes_are_called_as_the_plan_calls_them) {
    const scene in;
    auto plan = plan::parse_plan(in.plan, "plan");
    plan.class_names = {"yes", "no"};
    house::federation_of all(std::move(plan), in.options());
    all.add_worker("a");
    all.play(train_to_the_end(all));
    const auto evaluated = all.all<master::model_evaluated>();
    BOOST_TEST_REQUIRE(!evaluated.empty());
    BOOST_TEST((evaluated.back().classes == std::vector<std::string>{"yes", "no"}));
}

BOOST_AUTO_TEST_CASE(a_worker_may_keep_its_label_counts) {
    const scene in;
    auto options = in.options();
    options.min_workers = 2;
    options.compare_updates = false;
    house::federation_of all(plan::parse_plan(in.plan, "plan"), options);
    all.add_worker("a", true);
    all.add_worker("b", false);
    all.play(train_to_the_end(all));
    std::set<bool> told;
    for (const auto& assigned : all.all<master::worker_assigned>()) {
        for (const auto& client : assigned.clients) {
            told.insert(!client.labels.empty());
        }
    }
    BOOST_TEST((told == std::set<bool>{false, true}));
    const auto evaluated = all.all<master::model_evaluated>();
    BOOST_TEST_REQUIRE(!evaluated.empty());
    BOOST_TEST(evaluated.back().confusion.empty());
    BOOST_TEST(evaluated.back().samples > 0U);
    BOOST_TEST(all.all<master::updates_compared>().empty());
    BOOST_TEST(all.all<master::layers_measured>().empty());
}

BOOST_AUTO_TEST_CASE(of_a_regression_they_see_which_values_came_out_for_which) {
    const heights in;
    house::federation_of all(in.whole_plan(), in.options());
    all.add_worker("a");
    all.add_worker("b");
    all.play(train_to_the_end(all));
    const auto evaluated = all.all<master::model_evaluated>();
    const auto finished = all.all<master::round_finished>();
    BOOST_TEST_REQUIRE(evaluated.size() == 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& shown = evaluated[i];
        BOOST_TEST(shown.classes.empty());
        BOOST_TEST_REQUIRE(shown.histogram.has_value());
        BOOST_TEST(shown.histogram->label == "height");
        BOOST_TEST(shown.histogram->low < 150);
        BOOST_TEST(shown.histogram->low + 24 * shown.histogram->width > 182);
        std::uint64_t samples = 0;
        for (const auto& cell : shown.histogram->cells) {
            samples += cell.count;
        }
        BOOST_TEST(samples == shown.samples);
        BOOST_TEST(samples == finished[i].result.test_samples);
    }
}

BOOST_AUTO_TEST_CASE(of_values_that_one_keeps_or_nobody_scaled_nothing_is_shown) {
    for (const bool standardizes : {true, false}) {
        const heights in;
        auto options = in.options();
        options.min_workers = 2;
        house::federation_of all(in.whole_plan(standardizes ? "" : R"(, "standardize": false)"), options);
        all.add_worker("a");
        all.add_worker("b", !standardizes);
        all.play(train_to_the_end(all));
        BOOST_TEST(all.all<master::round_finished>().size() == 2U);
        BOOST_TEST(all.all<master::model_evaluated>().empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
