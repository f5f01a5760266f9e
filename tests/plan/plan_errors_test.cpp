#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "plan_texts.hpp"
#include <map>

namespace json = boost::json;
using namespace fedasio::text;
using namespace fedasio::method;
using namespace fedasio::plan;
using namespace plan_texts;

BOOST_AUTO_TEST_SUITE(plan_errors)

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
                "model: must be an object with keys out of `input`, `layers`, `loss`, `arrays`, `from`, "
                "`private`, but is an array");
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

BOOST_AUTO_TEST_SUITE_END()
