#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "plan_texts.hpp"

namespace data = fedasio::data;
namespace method = fedasio::method;
namespace nn = fedasio::nn;
namespace json = boost::json;
using namespace fedasio::text;
using namespace fedasio::method;
using namespace fedasio::plan;
using namespace plan_texts;

BOOST_AUTO_TEST_SUITE(plan_strategies)

BOOST_AUTO_TEST_CASE(the_best_model_is_chosen_by_what_the_plan_can_tell) {
    BOOST_TEST(best_metric(parse(smallest)) == "test_accuracy");
    BOOST_TEST(best_metric(parse(with(smallest, "/keep_best", "\"auto\""))) == "test_accuracy");
    BOOST_TEST(best_metric(parse(with(smallest, "/keep_best", "\"test_loss\""))) == "test_loss");
    BOOST_TEST(best_metric(parse(with(smallest, "/data/test_fraction", "0"))) == "train_loss");
    check_error(with(smallest, "/data/test_fraction", "0"), "/keep_best", "\"test_loss\"",
                "keep_best: needs test data");
    check_error(smallest, "/keep_best", "\"accuracy\"",
                "keep_best: must be one of \"auto\", \"test_accuracy\"");
    // Any metric that the rounds of such a plan have.
    BOOST_TEST(best_metric(parse(with(smallest, "/keep_best", "\"test_auc_median\""))) == "test_auc_median");
    check_error(smallest, "/keep_best", "\"test_rmse\"", "keep_best: only a regression");
    check_error(smallest, "/keep_best", "\"personal_accuracy\"", "needs a strategy that gives them some");
    const auto personal = with(smallest, "/strategy", "\"ditto\"");
    BOOST_TEST(best_metric(parse(with(personal, "/keep_best", "\"personal_accuracy\""))) ==
               "personal_accuracy");
    const auto untested = with(personal, "/data/test_fraction", "0");
    check_error(untested, "/keep_best", "\"personal_loss\"", "data.test_fraction above 0");
    auto table = parse(smallest);
    table.source = fedasio::data::csv_source{};
    table.model.objective = fedasio::nn::loss::mean_squared_error;
    BOOST_TEST(best_metric(table) == "test_loss");
}

BOOST_AUTO_TEST_CASE(only_images_are_varied) {
    const std::string flipped = with(smallest, "/local", R"({"flip": true})");
    const std::string image = with(smallest, "/model", R"({"input": [7, 9], "layers": [{"type": "flatten"},
        {"type": "dense", "units": 2, "activation": "softmax"}]})");
    const std::string table = with(smallest, "/data/source", csv_source);
    check_fine(image, "/local", R"({"flip": true, "crop": 6})");
    check_error(image, "/local", R"({"crop": 7})",
                "local.crop: can move an image of 7 x 9 pixels out of sight");
    check_error(image, "/local", R"({"randomCrop": 2})", "did you mean `crop`?");
    check_error(table, "/local", R"({"flip": true})",
                "local.flip: varies images, and data.source is a table");
    check_error(table, "/local", R"({"crop": 1})", "local.crop: varies images, and data.source is a table");
    check_error(flipped, "/model/input", "[4]", "local.flip: varies images, and model.input tells no height");
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together) {
    check_error(smallest, "/model/input", "\"auto\"", "model.input: is missing");
    check_error(smallest, "/data/source/test_images", "\"x\"", "`test_images` and `test_labels` go together");
    const std::string table = with(smallest, "/data/source", csv_source);
    check_error(table, "/data/source/train", "", "data.source.train: is missing: write the table's path");
    check_error(smallest, "/clients", "0", "clients: must be at least 1 unless");
    const std::string local = with(table, "/data/partition", R"({"scheme": "local"})");
    check_fine(local, "/data/source/train", "");
    check_fine(local, "/clients", "");
    const std::string regression = with(table, "/model/loss", "\"mean_squared_error\"");
    check_fine(regression, "/data/partition", R"({"scheme": "iid"})");
    check_error(regression, "/data/partition", R"({"scheme": "shards"})",
                "data.partition.scheme: deals samples by class");
    check_error(regression, "/data/partition", R"({"scheme": "dirichlet"})",
                "data.partition.scheme: deals samples");
    check_error(regression, "/target_accuracy", "0.5", "target_accuracy: a regression");
    const std::string untested = with(smallest, "/data/test_fraction", "0");
    check_error(untested, "/target_accuracy", "0.5", "target_accuracy: needs test data");
    check_fine(with(untested, "/data/source", fmnist), "/target_accuracy", "0.5");
    check_fine(with(untested, "/data/source", with(csv_source, "/test", "\"t.csv\"")), "/target_accuracy",
               "0.5");
}

BOOST_AUTO_TEST_CASE(every_strategy_reads_what_it_writes) {
    for (const auto name : method::strategy_names()) {
        BOOST_TEST_CONTEXT(name) {
            const auto fresh = strategy_from_json(boost::json::value(name));
            BOOST_TEST(fresh->name() == name);
            const auto written = to_json(*fresh);
            BOOST_TEST(written.at("type").as_string() == name);
            BOOST_TEST(canonical_text(to_json(*strategy_from_json(written))) == canonical_text(written));
            auto wrong = written;
            wrong["zzzzzzzzzzzz"] = 1;
            BOOST_CHECK_THROW((void)strategy_from_json(wrong), field_error);
        }
    }
}

BOOST_AUTO_TEST_CASE(keys_of_strategies) {
    check_error(smallest, "/strategy", R"({"type": "fedadam", "beta_1": 0.9})",
                "strategy: unknown key \"beta_1\"; did you mean `beta1`?");
    check_error(smallest, "/strategy", R"({"type": "fedadam", "beta1": 1})",
                "strategy.beta1: must be a number of at least 0 and less than 1, but is 1");
    check_error(smallest, "/strategy", R"({"type": "fedavgm", "nesterov": 1})",
                "strategy.nesterov: must be true or false, but is 1");
    // A plan from before there was `nesterov` keeps its digest.
    const auto plain = parse(with(smallest, "/strategy", R"({"type": "fedavgm", "nesterov": false})"));
    BOOST_TEST(plan_digest(plain) == plan_digest(parse(with(smallest, "/strategy", "\"fedavgm\""))));
    const auto ahead = parse(with(smallest, "/strategy", R"({"type": "fedavgm", "nesterov": true})"));
    BOOST_TEST(plan_digest(ahead) != plan_digest(plain));
    BOOST_TEST(canonical_text(to_json(*ahead.strategy)).find("\"nesterov\":true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_strategy_that_does_not_go_with_the_training_is_refused) {
    const auto scaffold = with(smallest, "/strategy", "\"scaffold\"");
    check_fine(scaffold, "/quorum", "0.5");
    check_error(scaffold, "/local", R"({"optimizer": {"type": "adam"}})", "strategy: scaffold's control");
    check_error(scaffold, "/local", R"({"optimizer": {"type": "sgd", "momentum": 0.9}})",
                "set local.optimizer.momentum to 0");
}

// Three clients train in a round of this plan.
BOOST_AUTO_TEST_CASE(a_robust_rule_needs_its_updates) {
    check_error(smallest, "/strategy", R"({"type": "krum", "f": 3})",
                "strategy: krum needs 9 updates in a round, but only 3 clients train in one");
    const auto krum = with(smallest, "/strategy", R"({"type": "krum", "f": 0})");
    BOOST_TEST(!parse(krum).norm_bound);
    check_error(krum, "/quorum", "0.5", "quorum: ends a round with 2 updates, but the strategy krum needs 3");
    check_error(krum, "/norm_bound", "16", "norm_bound: the strategy krum judges every update itself");
    check_fine(krum, "/norm_bound", "null");
    BOOST_TEST(memory_note(parse(krum), 1'000'000).find("12 MB at the master") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_model_must_fit_with_all_that_a_strategy_sends) {
    const auto fedavg = method::make_strategy("fedavg");
    const auto scaffold = method::make_strategy("scaffold");
    BOOST_TEST(problem_of_size(limits::parameters, *fedavg).empty());
    BOOST_TEST(!problem_of_size(limits::parameters + 1, *fedavg).empty());
    BOOST_TEST(problem_of_size(limits::parameters / 6, *scaffold).empty());
    BOOST_TEST(
        problem_of_size(limits::parameters / 6 + 1, *scaffold).find("with what the strategy scaffold adds") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_strategy_takes_is_said) {
    BOOST_TEST(memory_note(parse(smallest), 1'000'000).empty());
    BOOST_TEST(memory_note(parse(with(smallest, "/strategy", "\"scaffold\"")), 1'000'000).find("16 MB") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(schedules_of_the_learning_rate) {
    const auto rate = [](const std::string& schedule) {
        return parse(with(smallest, "/local",
                          R"({"optimizer": {"type": "sgd", "schedule": )" + schedule + "}}"))
            .local.optimizer.schedule;
    };
    const auto digest = [](const std::string& optimizer) {
        return plan_digest(parse(with(smallest, "/local", R"({"optimizer": )" + optimizer + "}")));
    };
    BOOST_CHECK((rate(R"({"type": "step", "factor": 0.5, "every": 10})") ==
                 nn::schedule{nn::schedule::kind::step, 0.5, 10}));
    BOOST_CHECK((rate(R"({"type": "cosine", "rounds": 40, "minimum": 0.1})") ==
                 nn::schedule{nn::schedule::kind::cosine, 1, 1, 40, 0.1}));
    BOOST_TEST(rate(R"({"type": "exponential", "factor": 0.99})").factor == 0.99);
    BOOST_TEST(digest(R"({"type": "sgd", "schedule": {"type": "constant"}})") ==
               digest(R"({"type": "sgd"})"));
    BOOST_TEST(digest(R"({"type": "sgd", "schedule": {"type": "cosine", "rounds": 9}})") !=
               digest(R"({"type": "sgd"})"));
    const auto refused = [](const std::string& schedule, const std::string& what) {
        check_error(smallest, "/local", R"({"optimizer": {"type": "adam", "schedule": )" + schedule + "}}",
                    what);
    };
    refused(R"({"type": "step", "factor": 0.5})",
            "local.optimizer.schedule.every: is missing: write how many rounds lie between two changes");
    refused(R"({"type": "cosine", "rounds": 0})", "local.optimizer.schedule.rounds: must be");
    refused(R"({"type": "exponential", "factor": 1.5})", "local.optimizer.schedule.factor: must be");
    refused(R"({"type": "constant", "factor": 0.5})", "local.optimizer.schedule: unknown key \"factor\"");
}

BOOST_AUTO_TEST_CASE(names_of_classes_decide_no_weights) {
    const auto named = parse(with(smallest, "/class_names", R"(["cat", "dog"])"));
    BOOST_TEST((named.class_names == std::vector<std::string>{"cat", "dog"}));
    BOOST_TEST(plan_digest(named) == plan_digest(parse(smallest)));
    BOOST_TEST(canonical_text(to_json(parse(smallest))).find("class_names") == std::string::npos);
    BOOST_TEST(canonical_text(to_json(named)).ends_with(R"("class_names":["cat","dog"]})"));
    check_error(smallest, "/class_names", R"(["cat", 1])", "class_names[1]: must be");
    check_error(smallest, "/class_names", "[]", "class_names: must be");
}

BOOST_AUTO_TEST_CASE(early_stopping_decides_no_weights) {
    const auto early = parse(with(smallest, "/early_stopping", R"({"patience": 5})"));
    BOOST_REQUIRE(early.early_stopping);
    BOOST_TEST(early.early_stopping->patience == 5U);
    BOOST_TEST(early.early_stopping->least_change == 0.0);
    BOOST_TEST(stopping_metric(early) == best_metric(early));
    BOOST_TEST(plan_digest(early) == plan_digest(parse(smallest)));
    BOOST_TEST(canonical_text(to_json(early))
                   .ends_with(R"("early_stopping":{"metric":"auto","patience":5,"least_change":0}})"));
    const auto named = parse(with(smallest, "/early_stopping",
                                  R"({"metric": "train_loss", "patience": 1, "least_change": 0.01})"));
    BOOST_TEST(stopping_metric(named) == "train_loss");
    BOOST_TEST(!parse(with(smallest, "/early_stopping", "null")).early_stopping);
    check_error(smallest, "/early_stopping", "{}",
                "early_stopping.patience: is missing: write after how many");
    check_error(smallest, "/early_stopping", R"({"patience": 0})", "early_stopping.patience: must be");
    check_error(smallest, "/early_stopping", R"({"patience": 1, "least_change": -1})",
                "early_stopping.least_change: must be");
    check_error(with(smallest, "/data/test_fraction", "0"), "/early_stopping",
                R"({"metric": "test_loss", "patience": 3})", "early_stopping.metric: needs test data");
}

BOOST_AUTO_TEST_SUITE_END()
