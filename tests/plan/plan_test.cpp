#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <filesystem>
#include <map>
#include <set>

namespace data = fedasio::data;
namespace test = fedasio::test;
namespace method = fedasio::method;
namespace nn = fedasio::nn;
namespace json = boost::json;
using namespace fedasio::text;
using namespace fedasio::method;
using namespace fedasio::plan;

namespace {

// Every key that must be there, and no other.
const std::string smallest = R"({
  "model": {"input": [4], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
  "data": {"source": {"type": "idx", "train_images": "images", "train_labels": "labels"}},
  "clients": 3,
  "rounds": 7
})";

// Every key with another value than its default.
const std::string fullest = R"({
  "name": "everything", "seed": 18446744073709551615,
  "model": {
    "input": [28, 30, 2],
    "layers": [
      {"type": "conv2d", "filters": 4, "kernel_size": [5, 2], "strides": 2, "padding": "same", "activation": "tanh", "initializer": "glorot"},
      {"type": "max_pool2d", "pool_size": 3},
      {"type": "activation", "activation": "sigmoid"},
      {"type": "dropout", "rate": 0.1},
      {"type": "flatten"},
      {"type": "dense", "units": 5, "activation": "relu", "initializer": "glorot"}
    ],
    "loss": "mean_squared_error"
  },
  "data": {
    "source": {
      "type": "csv", "train": "a.csv", "test": "b.csv", "label": "y", "delimiter": "\t", "standardize": false,
      "columns": {"n": "numeric", "c": {"type": "categorical", "categories": ["z", "a"]}, "i": "ignored", "d": "categorical"}
    },
    "partition": {"scheme": "local", "samples_per_client": 9},
    "test_fraction": 0.3
  },
  "clients": 6,
  "local": {
    "epochs": 2, "batch_size": 16,
    "optimizer": {"type": "adam", "learning_rate": 0.0031, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-5,
                  "weight_decay": 0.01, "proximal": 0.001}
  },
  "strategy": {"type": "fedavgm", "server_learning_rate": 0.7, "server_momentum": 0.3},
  "fraction": 0.1, "rounds": 11, "target_accuracy": null, "deadline": 1.5, "quorum": 0.9, "over_selection": 1.25,
  "checkpoint_every": 0
})";

plan parse(const std::string& text) {
    return parse_plan(text, "dir/file.json");
}

// The text with the value at a JSON pointer replaced, or the member removed if `value` is empty.
std::string with(const std::string& text, const std::string& pointer, const std::string& value) {
    boost::json::value json = parse_json(text);
    const auto cut = pointer.rfind('/');
    const std::string key = pointer.substr(cut + 1);
    boost::json::value& parent = cut == 0 ? json : json.at_pointer(pointer.substr(0, cut));
    if (value.empty()) {
        BOOST_REQUIRE(parent.as_object().erase(key) == 1U);
    } else if (parent.is_array()) {
        parent.at(std::stoul(key)) = parse_json(value);
    } else {
        parent.as_object()[key] = parse_json(value);
    }
    return canonical_text(json);
}

std::string error_of(const std::string& text) {
    try {
        static_cast<void>(parse(text));
    } catch (const field_error& error) {
        return error.what();
    }
    return "no error";
}

void check_error(const std::string& base, const std::string& pointer, const std::string& value,
                 const std::string& expected) {
    const std::string error = error_of(with(base, pointer, value));
    BOOST_TEST(error.find(expected) != std::string::npos,
               pointer << " = " << value << ": expected `" << expected << "` in: " << error);
}

void check_fine(const std::string& base, const std::string& pointer, const std::string& value) {
    const std::string error = error_of(with(base, pointer, value));
    BOOST_TEST(error == "no error", pointer << " = " << value << ": " << error);
}

const std::string csv_source =
    R"({"type": "csv", "train": "a.csv", "label": "y", "columns": {"c": "categorical"}})";
const std::string fmnist =
    R"({"type": "idx", "train_images": "a", "train_labels": "b", "test_images": "c", "test_labels": "d"})";

} // namespace

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(defaults) {
    const plan p = parse(smallest);
    BOOST_TEST(p.name == "file");
    BOOST_TEST(p.seed == 1U);
    BOOST_CHECK((p.model.input == nn::shape{1, 1, 4}));
    BOOST_CHECK(p.model.objective == nn::loss::cross_entropy);
    const auto& layer = std::get<nn::dense>(p.model.layers.at(0));
    BOOST_TEST(layer.units == 2U);
    BOOST_CHECK(layer.act == nn::activation::softmax);
    BOOST_CHECK(layer.init == nn::initializer::he);
    const auto& source = std::get<data::idx_source>(p.source);
    BOOST_TEST(source.train_images == "images");
    BOOST_TEST(source.train_labels == "labels");
    BOOST_TEST(source.test_images.empty());
    BOOST_CHECK(p.partition.type == data::partition_spec::scheme::iid);
    BOOST_TEST(p.partition.samples_per_client == 0U);
    BOOST_TEST(p.test_fraction == 0.2);
    BOOST_TEST(p.clients == 3U);
    BOOST_TEST(p.local.epochs == 1U);
    BOOST_TEST(p.local.batch_size == 32U);
    BOOST_CHECK(p.local.optimizer.type == nn::optimizer_spec::kind::sgd);
    BOOST_TEST(p.local.optimizer.learning_rate == 0.1F);
    BOOST_TEST(p.strategy->name() == "fedavg");
    BOOST_TEST(p.fraction == 1.0);
    BOOST_TEST(p.rounds == 7U);
    BOOST_TEST(!p.target_accuracy.has_value());
    BOOST_TEST(p.deadline.count() == 600'000);
    BOOST_TEST(p.quorum == 1.0);
    BOOST_TEST(p.over_selection == 1.0);
    BOOST_TEST(p.checkpoint_every == 5U);
    BOOST_TEST(!is_regression(p));
    BOOST_TEST(!has_test_files(p.source));
}

BOOST_AUTO_TEST_CASE(layers_for_clients_that_differ_are_read) {
    const auto spec =
        model_from_json(boost::json::parse(R"({"input": [8, 8, 3], "loss": "mean_squared_error", "layers": [
        {"type": "conv2d", "filters": 4, "strides": [2, 2]}, {"type": "group_norm", "groups": 2},
        {"type": "group_norm", "groups": 4, "epsilon": 0.5}, {"type": "avg_pool2d"}, {"type": "avg_pool2d", "pool_size": 1}]})"));
    BOOST_TEST(std::get<nn::conv2d>(spec.layers[0]).stride == 2U);
    BOOST_TEST(std::get<nn::group_norm>(spec.layers[1]).groups == 2U);
    BOOST_TEST(std::get<nn::group_norm>(spec.layers[1]).epsilon == 1e-5F);
    BOOST_TEST(std::get<nn::group_norm>(spec.layers[2]).epsilon == 0.5F);
    BOOST_TEST(std::get<nn::avg_pool2d>(spec.layers[3]).size == 2U);
    BOOST_TEST(std::get<nn::avg_pool2d>(spec.layers[4]).size == 1U);
}

BOOST_AUTO_TEST_CASE(every_key_is_read) {
    const plan p = parse(fullest);
    BOOST_TEST(p.name == "everything");
    BOOST_TEST(p.seed == 18446744073709551615U);
    BOOST_CHECK((p.model.input == nn::shape{28, 30, 2}));
    BOOST_REQUIRE(p.model.layers.size() == 6U);
    const auto& conv = std::get<nn::conv2d>(p.model.layers[0]);
    BOOST_TEST(conv.filters == 4U);
    BOOST_TEST(conv.kernel_height == 5U);
    BOOST_TEST(conv.kernel_width == 2U);
    BOOST_TEST(conv.stride == 2U);
    BOOST_CHECK(conv.pad == nn::padding::same);
    BOOST_CHECK(conv.act == nn::activation::tanh);
    BOOST_CHECK(conv.init == nn::initializer::glorot);
    BOOST_TEST(std::get<nn::max_pool2d>(p.model.layers[1]).size == 3U);
    BOOST_CHECK(std::get<nn::activate>(p.model.layers[2]).act == nn::activation::sigmoid);
    BOOST_TEST(std::get<nn::dropout>(p.model.layers[3]).rate == 0.1F);
    BOOST_CHECK(std::holds_alternative<nn::flatten>(p.model.layers[4]));
    const auto& dense = std::get<nn::dense>(p.model.layers[5]);
    BOOST_TEST(dense.units == 5U);
    BOOST_CHECK(dense.act == nn::activation::relu);
    BOOST_CHECK(dense.init == nn::initializer::glorot);
    BOOST_CHECK(p.model.objective == nn::loss::mean_squared_error);
    const auto& source = std::get<data::csv_source>(p.source);
    BOOST_TEST(source.train == "a.csv");
    BOOST_TEST(source.test == "b.csv");
    BOOST_TEST(source.label == "y");
    BOOST_TEST(source.delimiter == '\t');
    BOOST_TEST(!source.standardize);
    BOOST_REQUIRE(source.columns.size() == 4U);
    BOOST_CHECK(source.columns.at("n").type == data::csv_column::kind::numeric);
    BOOST_CHECK(source.columns.at("c").type == data::csv_column::kind::categorical);
    BOOST_TEST(source.columns.at("c").categories == (std::vector<std::string>{"z", "a"}),
               boost::test_tools::per_element());
    BOOST_CHECK(source.columns.at("i").type == data::csv_column::kind::ignored);
    BOOST_CHECK(source.columns.at("d").type == data::csv_column::kind::categorical);
    BOOST_CHECK(p.partition.type == data::partition_spec::scheme::local);
    BOOST_TEST(p.partition.samples_per_client == 9U);
    BOOST_TEST(p.test_fraction == 0.3);
    BOOST_TEST(p.clients == 6U);
    BOOST_TEST(p.local.epochs == 2U);
    BOOST_TEST(p.local.batch_size == 16U);
    const nn::optimizer_spec& adam = p.local.optimizer;
    BOOST_CHECK(adam.type == nn::optimizer_spec::kind::adam);
    BOOST_TEST(adam.learning_rate == 0.0031F);
    BOOST_TEST(adam.beta1 == 0.8F);
    BOOST_TEST(adam.beta2 == 0.99F);
    BOOST_TEST(adam.epsilon == 1e-5F);
    BOOST_TEST(adam.weight_decay == 0.01F);
    BOOST_TEST(adam.proximal == 0.001F);
    BOOST_TEST(canonical_text(to_json(*p.strategy)) ==
               R"({"type":"fedavgm","server_learning_rate":0.7,"server_momentum":0.3})");
    BOOST_TEST(p.fraction == 0.1);
    BOOST_TEST(p.rounds == 11U);
    BOOST_TEST(!p.target_accuracy.has_value());
    BOOST_TEST(p.deadline.count() == 1500);
    BOOST_TEST(p.quorum == 0.9);
    BOOST_TEST(p.over_selection == 1.25);
    BOOST_TEST(p.checkpoint_every == 0U);
    BOOST_TEST(is_regression(p));
    BOOST_TEST(has_test_files(p.source));
}

BOOST_AUTO_TEST_CASE(what_only_some_types_have) {
    const plan sgd = parse(with(smallest, "/local", R"({"optimizer": {"type": "sgd", "momentum": 0.9}})"));
    BOOST_TEST(sgd.local.optimizer.momentum == 0.9F);
    const plan adam = parse(with(smallest, "/local", R"({"optimizer": {"type": "adam"}})"));
    BOOST_TEST(adam.local.optimizer.learning_rate == 0.001F);
    const plan shards =
        parse(with(smallest, "/data/partition", R"({"scheme": "shards", "shards_per_client": 5})"));
    BOOST_CHECK(shards.partition.type == data::partition_spec::scheme::shards);
    BOOST_TEST(shards.partition.shards_per_client == 5U);
    const plan skewed = parse(with(smallest, "/data/partition", R"({"scheme": "dirichlet", "alpha": 0.05})"));
    BOOST_CHECK(skewed.partition.type == data::partition_spec::scheme::dirichlet);
    BOOST_TEST(skewed.partition.alpha == 0.05);
    const plan simple = parse(with(smallest, "/strategy", R"("fedavgm")"));
    BOOST_TEST(canonical_text(to_json(*simple.strategy)) ==
               R"({"type":"fedavgm","server_learning_rate":1,"server_momentum":0.9})");
    BOOST_TEST(parse(with(smallest, "/target_accuracy", "0.9")).target_accuracy.value() == 0.9);
    BOOST_TEST(has_test_files(parse(with(smallest, "/data/source", fmnist)).source));
}

BOOST_AUTO_TEST_CASE(whole_numbers_may_be_written_with_a_point) {
    std::string text = smallest;
    text.replace(text.find("\"rounds\": 7"), 11, "\"rounds\": 1.2e1");
    BOOST_TEST(parse(text).rounds == 12U);
}

BOOST_AUTO_TEST_CASE(shapes) {
    const auto input = [](const std::string& text) {
        return parse(with(smallest, "/model/input", text)).model.input;
    };
    BOOST_CHECK((input("4") == nn::shape{1, 1, 4}));
    BOOST_CHECK((input("[4]") == nn::shape{1, 1, 4}));
    BOOST_CHECK((input("[28, 30]") == nn::shape{28, 30, 1}));
    BOOST_CHECK((input("[28, 30, 3]") == nn::shape{28, 30, 3}));
    const std::string table = with(smallest, "/data/source", csv_source);
    BOOST_CHECK((parse(with(table, "/model/input", R"("auto")")).model.input == nn::shape{1, 1, 0}));
    BOOST_CHECK((parse(with(table, "/model/input", "")).model.input == nn::shape{1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(the_canonical_form_is_the_same_plan) {
    for (const std::string& text :
         {smallest, fullest, with(smallest, "/data/source", csv_source),
          with(smallest, "/data/source", fmnist),
          with(smallest, "/data/partition", R"({"scheme": "shards"})"),
          with(smallest, "/data/partition", R"({"scheme": "dirichlet", "alpha": 0.123456789012345678})"),
          with(smallest, "/local",
               R"({"optimizer": {"type": "sgd", "momentum": 0.9, "learning_rate": 0.0333}})"),
          with(smallest, "/fraction", "0.3333333333333333"), with(smallest, "/target_accuracy", "0.1"),
          with(smallest, "/deadline", "0.001")}) {
        const plan p = parse(text);
        const std::string canonical = canonical_text(to_json(p));
        const plan again = parse(canonical);
        BOOST_TEST(canonical_text(to_json(again)) == canonical);
        BOOST_TEST(again.local.optimizer.learning_rate == p.local.optimizer.learning_rate);
        BOOST_TEST(again.partition.alpha == p.partition.alpha);
        BOOST_TEST(again.fraction == p.fraction);
        BOOST_TEST(again.deadline.count() == p.deadline.count());
        BOOST_TEST(plan_digest(again) == plan_digest(p));
    }
}

// Whoever compares digests of two versions, or reads the plan over HTTP, relies on this text.
BOOST_AUTO_TEST_CASE(the_canonical_text) {
    BOOST_TEST(
        canonical_text(to_json(parse(smallest))) ==
        R"({"name":"file","seed":1,"model":{"input":[4],"layers":[{"type":"dense","units":2,)"
        R"("activation":"softmax","initializer":"he"}],"loss":"cross_entropy"},"data":{"source":{)"
        R"("type":"idx","train_images":"images","train_labels":"labels"},"partition":{"scheme":"iid",)"
        R"("samples_per_client":0},"test_fraction":0.2},"clients":3,"local":{"epochs":1,"batch_size":32,)"
        R"("optimizer":{"type":"sgd","learning_rate":0.1,"momentum":0,"weight_decay":0,"proximal":0}},)"
        R"("strategy":{"type":"fedavg"},"fraction":1,"rounds":7,"target_accuracy":null,"deadline":600,)"
        R"("quorum":1,"over_selection":1,"norm_bound":16,"checkpoint_every":5,"keep_best":"auto"})");
    BOOST_TEST(plan_digest(parse(smallest)) ==
               "2507c39fc3f214e4fb5f232fe72edf1d99d53942e8f7ba6a62633e3b45060223");
}

// A change of each key of the fullest plan, and whether it makes other weights.
BOOST_AUTO_TEST_CASE(the_digest_covers_what_decides_the_weights) {
    const std::string before = plan_digest(parse(fullest));
    const std::map<std::string, std::string> other_plan{
        {"/seed", "2"},
        {"/model/input", "[28, 28, 2]"},
        {"/model/loss", "\"cross_entropy\""},
        {"/model/layers/0/filters", "5"},
        {"/model/layers/0/kernel_size", "[2, 5]"},
        {"/model/layers/0/padding", "\"valid\""},
        {"/model/layers/0/activation", "\"relu\""},
        {"/model/layers/0/initializer", "\"he\""},
        {"/model/layers/1/pool_size", "2"},
        {"/model/layers/2/activation", "\"relu\""},
        {"/model/layers/3/rate", "0.2"},
        {"/model/layers/5/units", "6"},
        {"/model/layers/5/activation", "\"tanh\""},
        {"/model/layers/5/initializer", "\"he\""},
        {"/data/source/train", "\"z.csv\""},
        {"/data/source/test", "\"z.csv\""},
        {"/data/source/label", "\"z\""},
        {"/data/source/delimiter", "\";\""},
        {"/data/source/standardize", "true"},
        {"/data/source/missing", "[\"\", \"unknown\"]"},
        {"/data/source/decimal", "\",\""},
        {"/data/source/thousands", "\" \""},
        {"/data/source/extra_columns", "\"ignore\""},
        {"/data/source/unlabelled", "\"skip\""},
        {"/data/source/unseen", "\"other\""},
        {"/data/source/columns/n", "\"ignored\""},
        {"/data/source/columns/c/categories", "[\"a\", \"z\"]"},
        {"/data/partition/samples_per_client", "8"},
        {"/data/partition/scheme", "\"iid\""},
        {"/data/test_fraction", "0.4"},
        {"/clients", "5"},
        {"/local/epochs", "3"},
        {"/local/batch_size", "17"},
        {"/local/optimizer/learning_rate", "0.0032"},
        {"/local/optimizer/beta1", "0.81"},
        {"/local/optimizer/beta2", "0.98"},
        {"/local/optimizer/epsilon", "1e-6"},
        {"/local/optimizer/weight_decay", "0.02"},
        {"/local/optimizer/proximal", "0.002"},
        {"/strategy", "\"fedavg\""},
        {"/strategy/server_learning_rate", "0.8"},
        {"/strategy/server_momentum", "0.2"},
        {"/fraction", "0.2"},
        {"/quorum", "0.8"},
        {"/over_selection", "1.5"},
    };
    std::set<std::string> digests{before};
    for (const auto& [pointer, value] : other_plan) {
        BOOST_TEST(digests.insert(plan_digest(parse(with(fullest, pointer, value)))).second, pointer);
    }
    const std::map<std::string, std::string> same_plan{{"/name", "\"other\""},
                                                       {"/rounds", "99"},
                                                       {"/deadline", "2"},
                                                       {"/checkpoint_every", "7"},
                                                       {"/keep_best", "\"test_loss\""}};
    for (const auto& [pointer, value] : same_plan) {
        BOOST_TEST(plan_digest(parse(with(fullest, pointer, value))) == before, pointer);
    }
    BOOST_TEST(plan_digest(parse(with(smallest, "/target_accuracy", "0.5"))) == plan_digest(parse(smallest)));
}

BOOST_AUTO_TEST_CASE(unknown_keys_name_the_nearest) {
    check_error(smallest, "/seeed", "1", "dir/file.json: unknown key \"seeed\"; did you mean `seed`?");
    check_error(smallest, "/sede", "1", "did you mean `seed`?"); // a swap is one mistake
    check_error(smallest, "/roudns", "1", "did you mean `rounds`?");
    check_error(smallest, "/whatever", "1", "the keys here are `name`, `seed`");
    check_error(smallest, "/model/layers/0/unit", "3",
                "model.layers[0]: unknown key \"unit\"; did you mean `units`?");
    check_error(smallest, "/model/layers/0/filters", "3", "model.layers[0]: unknown key \"filters\"");
    check_error(smallest, "/model/Layers", "3", "did you mean `layers`?");
    check_error(smallest, "/data/partition", R"({"scheme": "iid", "alpha": 1})",
                "data.partition: unknown key \"alpha\"");
    check_error(smallest, "/local", R"({"optimizer": {"type": "sgd", "beta1": 0.9}})",
                "local.optimizer: unknown key \"beta1\"");
    check_error(fullest, "/local/optimizer/momentum", "0.9", "local.optimizer: unknown key \"momentum\"");
    check_error(smallest, "/strategy", R"({"type": "fedavg", "server_momentum": 0.9})",
                "strategy: unknown key \"server_momentum\"");
    check_error(smallest, "/data/source/test_image", "\"x\"", "did you mean `test_images`?");
    check_error(smallest, "/" + std::string(100000, 'k'), "1", "unknown key \"kkkk");
    BOOST_TEST(error_of(with(smallest, "/" + std::string(100000, 'k'), "1")).size() < 400U);
    // A name of many bytes is cut between characters, so that the message stays UTF-8.
    for (const std::string prefix : {"", "x"}) {
        std::string name = prefix;
        for (int i = 0; i < 100; ++i) {
            name += "\xC3\xA9";
        }
        check_error(smallest, "/" + name, "1", "\xC3\xA9...; the keys here");
    }
}

BOOST_AUTO_TEST_CASE(keys_of_other_frameworks_and_other_places_are_told_their_own) {
    check_error(smallest, "/lr", "0.1", "unknown key \"lr\"; write `learning_rate` in `local.optimizer`");
    check_error(smallest, "/num_rounds", "3", "did you mean `rounds`?");
    check_error(smallest, "/numRounds", "3", "did you mean `rounds`?");
    check_error(smallest, "/epochs", "3", "write `epochs` in `local`");
    check_error(smallest, "/epoch", "3", "write `epochs` in `local`");
    check_error(smallest, "/fedprox", "0.1", "write `proximal` in `local.optimizer`");
    check_error(smallest, "/mu", "0.1", "write `proximal` in `local.optimizer`");
    check_error(smallest, "/batchSize", "10", "write `batch_size` in `local`");
    check_error(smallest, "/momentum", "0.9", "write `momentum` in `local.optimizer` with the type \"sgd\"");
    check_error(smallest, "/optimizer", "{}", "write `optimizer` in `local`");
    check_error(smallest, "/layers", "[]", "write `layers` in `model`");
    check_error(smallest, "/alpha", "0.5", "write `alpha` in `data.partition` with the scheme \"dirichlet\"");
    check_error(smallest, "/label", "\"y\"", "write `label` in `data.source` with the type \"csv\"");
    check_error(smallest, "/fraction_fit", "0.5", "did you mean `fraction`?");
    check_error(smallest, "/model/rounds", "5", "write `rounds` at the top of the plan");
    check_error(smallest, "/data/batch_size", "5", "write `batch_size` in `local`");
    check_error(smallest, "/model/layers/0/neurons", "5", "did you mean `units`?");
    check_error(fullest, "/local/lr", "0.1", "write `learning_rate` in `local.optimizer`");
    check_error(fullest, "/local/optimizer/lr", "0.1", "did you mean `learning_rate`?");
    check_error(fullest, "/local/optimizer/batch_size", "8", "write `batch_size` in `local`");
}

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

namespace {

std::string model_error_of(const std::string& layers, const std::string& loss, const std::string& columns) {
    const std::string text = R"({"model": {"layers": [)" + layers + R"(], "loss": ")" + loss +
                             R"("}, "data": {"source": {"type": "csv", "label": "y", "columns": {)" +
                             columns + R"(}}, "partition": {"scheme": "local"}}, "rounds": 1})";
    try {
        static_cast<void>(parse_checked_plan(text, "p.json"));
    } catch (const field_error& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

BOOST_AUTO_TEST_CASE(what_the_outputs_must_be_is_checked_before_there_is_data) {
    const auto has = [](const std::string& error, const std::string& part) {
        BOOST_TEST(error.find(part) != std::string::npos, error);
    };
    const std::string one = R"({"type": "dense", "units": 1})";
    const std::string three = R"({"type": "dense", "units": 3, "activation": "softmax"})";
    const std::string bare = R"({"type": "dense", "units": 3})";
    BOOST_TEST(model_error_of(one, "mean_squared_error", "") == "no error");
    BOOST_TEST(model_error_of(three, "cross_entropy", "") == "no error");
    has(model_error_of(three, "mean_squared_error", ""),
        "is a softmax, which gives shares of 1, but a regression");
    has(model_error_of(bare + R"(, {"type": "activation", "activation": "softmax"})", "mean_squared_error",
                       ""),
        "is a softmax, which gives shares of 1");
    has(model_error_of(bare, "mean_squared_error", ""), "gives 3 values, but a regression");
    has(model_error_of(bare, "cross_entropy", ""), "is not a softmax, which cross_entropy needs");
    has(model_error_of(one + ", " + R"({"type": "conv2d", "filters": 2})", "mean_squared_error", ""),
        "layer 1");
    const std::string four = R"("y": {"type": "categorical", "categories": ["a", "b", "c", "d"]})";
    has(model_error_of(three, "cross_entropy", four),
        "p.json: model.layers[0]: has 3 units, but the plan gives the label \"y\" 4 classes (\"a\", \"b\", "
        "\"c\", \"d\")");
    BOOST_TEST(model_error_of(three, "cross_entropy",
                              R"("y": {"type": "categorical", "categories": ["a", "b"]})") == "no error");
}

BOOST_AUTO_TEST_CASE(words_of_other_frameworks_are_told_their_own) {
    check_error(smallest, "/strategy", "\"FedAvg\"", "did you mean \"fedavg\"?");
    check_error(smallest, "/strategy", "\"FedProx\"",
                "FedProx is \"fedavg\" with `proximal` in `local.optimizer`");
    check_error(smallest, "/local", R"({"optimizer": {"type": "SGD"}})", "did you mean \"sgd\"?");
    check_error(smallest, "/local", R"({"optimizer": {"type": "Adam"}})", "did you mean \"adam\"?");
    check_error(smallest, "/local", R"({"optimizer": {"type": "AdamW"}})", "did you mean \"adam\"?");
    check_error(smallest, "/model/loss", "\"MSE\"", "did you mean \"mean_squared_error\"?");
    check_error(smallest, "/model/loss", "\"CrossEntropyLoss\"", "did you mean \"cross_entropy\"?");
    check_error(smallest, "/model/layers/0/type", "\"Linear\"", "did you mean \"dense\"?");
    check_error(smallest, "/model/layers/0/activation", "\"ReLU\"", "did you mean \"relu\"?");
    check_error(smallest, "/data/partition", R"({"scheme": "non-iid"})", "did you mean \"dirichlet\"?");
}

BOOST_AUTO_TEST_CASE(missing_keys_are_named) {
    for (const std::string key : {"model", "data", "rounds"}) {
        check_error(smallest, "/" + key, "", "dir/file.json: " + key + ": is missing: write");
    }
    check_error(smallest, "/clients", "",
                "clients: must be at least 1 unless data.partition.scheme is \"local\"");
    check_error(smallest, "/model/layers", "", "model.layers: is missing");
    check_error(smallest, "/model/input", "", "model.input: is missing: write the shape of one image");
    check_error(smallest, "/model/layers/0/units", "",
                "model.layers[0].units: is missing: write the number of outputs");
    check_error(smallest, "/model/layers/0/type", "",
                "model.layers[0]: the key `type` is missing: write one of \"dense\"");
    check_error(fullest, "/model/layers/0/filters", "", "model.layers[0].filters: is missing");
    check_error(fullest, "/model/layers/2/activation", "", "model.layers[2].activation: is missing");
    check_error(fullest, "/model/layers/3/rate", "", "model.layers[3].rate: is missing");
    check_error(smallest, "/data/source", "", "data.source: is missing");
    check_error(smallest, "/data/source/type", "", "data.source: the key `type` is missing");
    check_error(smallest, "/data/source/train_images", "", "data.source.train_images: is missing");
    check_error(smallest, "/data/source/train_labels", "", "data.source.train_labels: is missing");
    check_error(fullest, "/data/source/label", "", "data.source.label: is missing");
    check_error(fullest, "/local/optimizer/type", "", "local.optimizer: the key `type` is missing");
    check_error(fullest, "/strategy/type", "", "strategy: the key `type` is missing");
    check_error(fullest, "/data/partition/scheme", "", "data.partition: the key `scheme` is missing");
}

BOOST_AUTO_TEST_CASE(wrong_types_are_named) {
    check_error(smallest, "/seed", "-1",
                "seed: must be a whole number from 0 to 18446744073709551615, but is -1");
    check_error(smallest, "/seed", "1.5", "but is 1.5");
    check_error(smallest, "/seed", "\"1\"", "but is \"1\"");
    check_error(smallest, "/rounds", "[3]",
                "rounds: must be a whole number from 1 to 1000000000, but is an array");
    check_error(smallest, "/fraction", "true",
                "fraction: must be a number greater than 0 and at most 1, but is true");
    check_error(smallest, "/model", "[]",
                "model: must be an object with keys out of `input`, `layers`, `loss`, `arrays`, `from`, but is an array");
    check_error(smallest, "/model/input", "\"Auto\"",
                "model.input: must be \"auto\" or the shape of a sample");
    check_error(smallest, "/model/layers", "{}", "model.layers: must be an array");
    check_error(smallest, "/model/layers/0", "7", "model.layers[0]: must be an object with the key `type`");
    check_error(smallest, "/model/layers/0/type", "7", "model.layers[0].type: must be one of \"dense\"");
    check_error(smallest, "/model/layers/0/type", "\"densse\"", "did you mean \"dense\"?");
    check_error(smallest, "/model/layers/0/activation", "\"rellu\"", "did you mean \"relu\"?");
    check_error(smallest, "/model/loss", "\"mse\"",
                "model.loss: must be one of \"cross_entropy\", \"mean_squared_error\"");
    check_error(smallest, "/name", "7", "name: must be a string");
    check_error(smallest, "/name", "\"a\\nb\"", "name: must be a string without control characters");
    check_error(smallest, "/name", "\"\"", "name: must be a string of 1 to 100 bytes");
    check_error(smallest, "/strategy", "3", "strategy: must be an object with the key `type`");
    check_error(smallest, "/strategy", "\"fedavgn\"", "strategy: must be one of \"fedavg\", \"fedavgm\"");
    check_error(fullest, "/data/source/standardize", "1",
                "data.source.standardize: must be true or false, but is 1");
    check_error(fullest, "/data/source/delimiter", "\"::\"",
                "data.source.delimiter: must be one ASCII character");
    check_error(fullest, "/data/source/delimiter", "\"\\n\"",
                "data.source.delimiter: must be one ASCII character");
    check_error(fullest, "/data/source/delimiter", "\"\\\"\"",
                "data.source.delimiter: must be one ASCII character");
    check_error(fullest, "/data/source/decimal", "\";\"", "data.source.decimal: must be one of \".\", \",\"");
    check_error(
        fullest, "/data/source/thousands", "\"x\"",
        "data.source.thousands: must be one of \"\", \",\", \".\", \"'\", \" \", \"_\", but is \"x\"");
    check_error(fullest, "/data/source/thousands", "\".\"",
                "data.source.thousands: is the decimal mark as well");
    check_error(fullest, "/data/source/missing", "\"NA\"", "data.source.missing: must be an array");
    check_error(fullest, "/data/source/unseen", "\"ignore\"",
                "data.source.unseen: must be one of \"refuse\", \"other\"");
    check_error(fullest, "/data/source/columns", "[]",
                "data.source.columns: must be an object of at most 10000");
    check_error(fullest, "/data/source/columns/n", "\"number\"",
                "data.source.columns.n: must be one of \"numeric\"");
    check_error(fullest, "/data/source/columns/n", R"({"type": "numeric", "categories": ["a"]})",
                "data.source.columns.n: unknown key \"categories\"");
    check_error(fullest, "/data/source/columns/c/categories", "[]",
                "must be an array of 1 to 10000 items, but has 0");
    check_error(fullest, "/data/source/columns/c/categories", R"(["a", "a"])",
                "data.source.columns.c.categories[1]: the category \"a\" is already in the list");
    check_error(fullest, "/data/source/columns/y", "\"ignored\"",
                "data.source.columns.y: the label cannot be ignored");
    check_fine(fullest, "/data/source/columns/y", "\"numeric\"");
}

BOOST_AUTO_TEST_CASE(ranges) {
    const std::string number = "must be a";
    const std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> keys{
        // pointer, {wrong...}, {right...}
        {"/seed", {{"18446744073709551616", "null"}, {"0", "18446744073709551615"}}},
        {"/clients", {{"1000001", "1.5", "1e300"}, {"1", "1000000"}}},
        {"/fraction", {{"0", "-0.1", "1.0000001", "1e300"}, {"1e-9", "1"}}},
        {"/rounds", {{"0", "-1", "1000000001"}, {"1", "1000000000"}}},
        {"/target_accuracy", {{"0", "1.1"}, {"0.5", "1", "null"}}},
        {"/deadline", {{"0", "0.0009", "-1", "1000001"}, {"0.001", "1000000"}}},
        {"/quorum", {{"0", "1.1"}, {"0.01", "1"}}},
        {"/over_selection", {{"0.9", "11"}, {"1", "10"}}},
        {"/checkpoint_every", {{"-1", "0.5", "1000000001"}, {"0", "1"}}},
        {"/data/test_fraction", {{"-0.1", "1"}, {"0", "0.99"}}},
        {"/model/input", {{"0", "[]", "[0]", "[1, 2, 3, 4]", "[65537, 1]", "[1048577]"}, {"[65536, 1]"}}},
        {"/model/layers", {{"[]"}, {R"([{"type": "flatten"}])"}}},
        {"/model/layers/0/units", {{"0", "1048577", "2.5"}, {"1", "1048576"}}},
    };
    for (const auto& [pointer, values] : keys) {
        for (const std::string& wrong : values.first) {
            check_error(smallest, pointer, wrong, number);
        }
        for (const std::string& right : values.second) {
            check_fine(smallest, pointer, right);
        }
    }
    const std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> others{
        {"/model/layers/0/filters", {{"0", "65537"}, {"1"}}},
        {"/model/layers/0/kernel_size", {{"0", "[3]", "[3, 0]", "[1, 2, 3]", "1025"}, {"1", "[1, 7]"}}},
        {"/model/layers/1/pool_size", {{"0", "[2, 3]", "1025"}, {"1", "[2, 2]"}}},
        {"/model/layers/3/rate", {{"1", "-0.1", "0.99999999999"}, {"0", "0.9"}}},
        {"/data/partition/samples_per_client", {{"-1", "4294967296"}, {"0", "4294967295"}}},
        {"/local/epochs", {{"0", "1000001"}, {"1"}}},
        {"/local/batch_size", {{"0", "65537"}, {"1", "65536"}}},
        {"/local/optimizer/learning_rate", {{"0", "-1", "1e-60", "1e7"}, {"1e-9", "10"}}},
        {"/local/optimizer/beta1", {{"1", "-0.1", "0.99999999999"}, {"0", "0.999"}}},
        {"/local/optimizer/beta2", {{"1", "-0.1"}, {"0"}}},
        {"/local/optimizer/epsilon", {{"0", "1e-60"}, {"1e-10"}}},
        {"/local/optimizer/weight_decay", {{"-1", "1e7"}, {"0"}}},
        {"/local/optimizer/proximal", {{"-1", "1e7"}, {"0"}}},
        {"/strategy/server_learning_rate", {{"0", "-1", "1e7"}, {"0.01"}}},
        {"/strategy/server_momentum", {{"1", "-0.1"}, {"0", "0.99"}}},
        {"/clients", {{"-1"}, {"0"}}},
    };
    for (const auto& [pointer, values] : others) {
        for (const std::string& wrong : values.first) {
            check_error(fullest, pointer, wrong, number);
        }
        for (const std::string& right : values.second) {
            check_fine(fullest, pointer, right);
        }
    }
    const std::string sgd = with(smallest, "/local", R"({"optimizer": {"type": "sgd"}})");
    check_error(sgd, "/local/optimizer/momentum", "1", number);
    const std::string shards = with(smallest, "/data/partition", R"({"scheme": "shards"})");
    check_error(shards, "/data/partition/shards_per_client", "0", number);
    const std::string skewed = with(smallest, "/data/partition", R"({"scheme": "dirichlet"})");
    check_error(skewed, "/data/partition/alpha", "0", number);
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

BOOST_AUTO_TEST_CASE(text_that_is_no_json) {
    BOOST_TEST(error_of("{\n\"seed\": 1,\n\"rounds\" 3}").starts_with("dir/file.json:3:10: "));
    BOOST_TEST(error_of("{\"seed\": 1, \"seed\": 2}").starts_with("dir/file.json:1:"));
    BOOST_TEST(error_of("[]").starts_with("dir/file.json: must be an object"));
    BOOST_TEST(error_of("").starts_with("dir/file.json:1:1: "));
    BOOST_TEST(error_of(std::string(2'000'000, ' ')).find("2000000 bytes; at most 1048576") !=
               std::string::npos);
    const std::string deep = std::string(40, '[') + "1" + std::string(40, ']');
    BOOST_TEST(error_of("{\"seed\": " + deep + "}").find("nested too deeply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(comments_trailing_commas_and_a_byte_order_mark) {
    const std::string commented =
        "\xEF\xBB\xBF// what this is\n" + smallest.substr(0, smallest.rfind('\n')) + ", /* end */\n}";
    BOOST_TEST(plan_digest(parse(commented)) == plan_digest(parse(smallest)));
}

BOOST_AUTO_TEST_CASE(files) {
    const test::scratch_directory dir;
    test::write_bytes(dir / "my plan.json", smallest);
    BOOST_TEST(read_plan(dir / "my plan.json").name == "my plan");
    const auto error = [](const std::filesystem::path& file) {
        try {
            static_cast<void>(read_plan(file));
        } catch (const field_error& caught) {
            return std::string(caught.what());
        }
        return std::string("no error");
    };
    BOOST_TEST(error(dir / "none.json")
                   .starts_with((dir / "none.json").string() + ": cannot be read (No such file"));
    BOOST_TEST(error(dir.path()).starts_with(dir.path().string() + ": cannot be read"));
    test::write_bytes(dir / "big.json", smallest + std::string(std::size_t{1} << 20U, ' '));
    BOOST_TEST(error(dir / "big.json").find("at most 1048576") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(parts_name_the_place_they_were_given) {
    const boost::json::value wrong = parse_json(R"({"layers": [{"type": "dense", "units": 0}]})");
    BOOST_CHECK_EXCEPTION(
        (void)model_from_json(wrong, "load.model"), field_error, [](const field_error& error) {
            return std::string(error.what()).starts_with("load.model.layers[0].units: must be");
        });
    const boost::json::value number = 7;
    BOOST_CHECK_THROW((void)model_from_json(number), field_error);
    BOOST_CHECK_THROW((void)optimizer_from_json(number), field_error);
    BOOST_CHECK_THROW((void)local_training_from_json(number), field_error);
    BOOST_CHECK_THROW((void)source_from_json(number), field_error);
    BOOST_CHECK_THROW((void)partition_from_json(number), field_error);
    BOOST_CHECK_THROW((void)strategy_from_json(number), field_error);
}

BOOST_AUTO_TEST_CASE(too_many_layers_are_refused) {
    boost::json::array layers;
    for (int i = 0; i < 257; ++i) {
        layers.push_back({{"type", "flatten"}});
    }
    check_error(smallest, "/model/layers", canonical_text(layers),
                "must be an array of 1 to 256 items, but has 257");
}

// Every plan that comes with the project, and every complete one in the reference.
BOOST_AUTO_TEST_CASE(shipped_plans) {
    const std::filesystem::path root = FEDASIO_SOURCE_DIR;
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root / "plans")) {
        if (entry.path().extension() == ".json") {
            names.insert(read_plan(entry.path()).name);
        }
    }
    // One for each strategy, which is named as its file.
    std::set<std::string> strategies;
    for (const auto& entry : std::filesystem::directory_iterator(root / "plans" / "strategies")) {
        const auto read = parse_checked_plan(test::read_bytes(entry.path()), entry.path().string());
        BOOST_TEST(read.strategy->name() == entry.path().stem().string());
        strategies.insert(read.name);
    }
    for (const auto name : method::strategy_names()) {
        BOOST_TEST(strategies.contains(std::string(name)), name);
    }
    for (const std::string name : {"fashion-mnist-2nn", "fashion-mnist-cnn", "penguins"}) {
        BOOST_TEST(names.contains(name), name);
    }
}

BOOST_AUTO_TEST_CASE(examples_of_the_reference) {
    const std::string page = test::read_bytes(std::filesystem::path(FEDASIO_SOURCE_DIR) / "docs" / "plan.md");
    int examples = 0;
    const std::string fence = "```json\n";
    for (auto begin = page.find(fence); begin != std::string::npos; begin = page.find(fence, begin + 1)) {
        const auto end = page.find("```", begin + fence.size());
        const std::string example = page.substr(begin + fence.size(), end - begin - fence.size());
        if (example.find("\"rounds\"") != std::string::npos) {
            ++examples;
            BOOST_TEST(error_of(example) == "no error", example);
        }
    }
    BOOST_TEST(examples == 3);
}

BOOST_AUTO_TEST_SUITE_END()
