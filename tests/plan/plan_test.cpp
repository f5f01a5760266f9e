#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "plan_texts.hpp"
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
using namespace plan_texts;

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
    BOOST_TEST(error(dir.path()).starts_with(dir.path().string() + ": is a folder"));
    test::write_bytes(dir / "big.json", smallest + std::string(std::size_t{1} << 20U, ' '));
    BOOST_TEST(error(dir / "big.json").find("at most 1048576") != std::string::npos);
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
