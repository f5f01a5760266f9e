#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/measurements.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/run_over.hpp>
#include <fedasio/wire/standing.hpp>
#include <fedasio/wire/survey.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace data = fedasio::data;
namespace text = fedasio::text;
namespace plan = fedasio::plan;
namespace wire = fedasio::wire;
namespace nn = fedasio::nn;
using boost::json::object;

/// As it arrives: through text.
object as_sent(const object& meta) {
    return boost::json::parse(boost::json::serialize(meta)).as_object();
}

data::csv_schema some_schema() {
    data::csv_schema schema;
    schema.delimiter = '\t';
    schema.standardize = false;
    schema.label = "kind";
    schema.label_mean = -3.5;
    schema.label_deviation = 0.1;
    schema.classes = {"no", "yes"};
    schema.columns = {
        {"age", data::csv_column::kind::numeric, 0.1, 1e-300, {}},
        {"town", data::csv_column::kind::categorical, 0, 0, {"a \"b\"", "two\nlines", "\xc3\xa4"}},
        {"id", data::csv_column::kind::ignored, 0, 0, {}}};
    schema.notation = {',', '.', {"NA", "none told"}};
    schema.ignore_extra_columns = true;
    schema.skip_unlabelled = true;
    schema.unseen_is_other = true;
    return schema;
}

wire::load some_load() {
    wire::load what;
    what.seed = 18446744073709551615U;
    data::csv_source source;
    source.train = "a.csv";
    source.label = "kind";
    what.source = source;
    what.partition.type = data::partition_spec::scheme::dirichlet;
    what.partition.alpha = 0.25;
    what.schema = some_schema();
    what.holdout = 0.2;
    what.clients_total = 7;
    what.clients = {0, 6};
    return what;
}

wire::model some_model() {
    wire::model what;
    what.seed = 3;
    auto& network = what.network.emplace();
    network.input = {28, 28, 1};
    network.layers = {nn::conv2d{8, 5, 3, nn::padding::same, nn::activation::relu, nn::initializer::he, 2},
                      nn::max_pool2d{2},
                      nn::avg_pool2d{1},
                      nn::group_norm{2, 0.001F},
                      nn::flatten{},
                      nn::dropout{0.1F},
                      nn::dense{10, nn::activation::softmax, nn::initializer::glorot}};
    what.local.epochs = 2;
    what.local.batch_size = 17;
    what.local.optimizer.type = nn::optimizer_spec::kind::adam;
    what.local.optimizer.learning_rate = 0.001F;
    what.parameters = 123;
    return what;
}

struct message {
    std::string name;
    object example;
    std::function<object(const object&)> again; ///< reads, and writes what was read
    std::vector<std::string> required;
};

std::vector<message> all_messages() {
    using namespace wire;
    const data::csv_summary summary{
        9, {{"age", 8, 1, true, 0.1, 2.5, {}}, {"town", 9, 0, false, 0, 0, {"x", "y"}}}};
    const update trained{4, 2, 99, 0.125, 0.5, 1.5, 0.75, {{"control", 3}}};
    return {
        {"hello",
         to_meta(hello{"w", 3, 2, "0.1", "x", {"scaffold", "ditto"}}),
         [](const object& m) { return to_meta(read_hello(m)); },
         {"name"}},
        {"welcome",
         to_meta(welcome{4, "p"}),
         [](const object& m) { return to_meta(read_welcome(m)); },
         {"worker"}},
        {"survey",
         to_meta(survey{some_load().source, true}),
         [](const object& m) { return to_meta(read_survey(m)); },
         {"source", "regression"}},
        {"summary",
         to_meta(summary),
         [](const object& m) { return to_meta(read_summary(m)); },
         {"rows", "columns"}},
        {"load",
         to_meta(some_load()),
         [](const object& m) { return to_meta(read_load(m)); },
         {"seed", "source", "partition", "holdout", "clients_total", "clients"}},
        {"loaded",
         to_meta(loaded{{{1, 2, 3}, {4, 5, 0}}, "ab12"}),
         [](const object& m) { return to_meta(read_loaded(m)); },
         {"clients"}},
        {"model",
         to_meta(some_model()),
         [](const object& m) { return to_meta(read_model(m)); },
         {"seed", "network", "local", "parameters"}},
        {"weights",
         to_meta(weights{7}),
         [](const object& m) { return to_meta(read_weights(m)); },
         {"version"}},
        {"train",
         to_meta(train{9, 2, 3, 7, 5, {{"a", 4}, {"b", 0}}}),
         [](const object& m) { return to_meta(read_train(m)); },
         {"round", "client", "version"}},
        {"update",
         to_meta(trained),
         [](const object& m) { return to_meta(read_update(m)); },
         {"round", "client", "samples", "loss"}},
        {"evaluate",
         to_meta(evaluate{1, 2, 3, true, true, true, 1, {{"own", 9}}}),
         [](const object& m) { return to_meta(read_evaluate(m)); },
         {"round", "client", "version"}},
        {"evaluation",
         to_meta(evaluation{1, 10, 2.5, 9, {1, 0, 0, 9}, {{3, 1, 9}, {70, 0, 1}}, 5, -0.5, 2.25}),
         [](const object& m) { return to_meta(read_evaluation(m)); },
         {"client", "samples", "loss_sum"}},
        {"cancel", to_meta(cancel{5}), [](const object& m) { return to_meta(read_cancel(m)); }, {"round"}},
        {"run_over",
         to_meta(run_over{"done"}),
         [](const object& m) { return to_meta(read_run_over(m)); },
         {}},
        {"measurements",
         to_meta(measurements{50.5, 1024}),
         [](const object& m) { return to_meta(read_measurements(m)); },
         {"cpu_percent", "memory_bytes"}},
        {"standing",
         to_meta(standing{standing::kind::left_out, "its table has no rows"}),
         [](const object& m) { return to_meta(read_standing(m)); },
         {"state"}},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(every_message_survives_the_wire) {
    for (const auto& what : all_messages()) {
        BOOST_TEST_CONTEXT(what.name) {
            BOOST_TEST(boost::json::serialize(what.again(as_sent(what.example))) ==
                       boost::json::serialize(what.example));
        }
    }
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_ignored) {
    for (const auto& what : all_messages()) {
        auto longer = as_sent(what.example);
        longer["added_in_a_later_version"] = 1;
        BOOST_TEST(boost::json::serialize(what.again(longer)) == boost::json::serialize(what.example),
                   what.name);
    }
}

BOOST_AUTO_TEST_CASE(a_missing_or_mistyped_key_is_named) {
    for (const auto& what : all_messages()) {
        for (const auto& key : what.required) {
            const auto names_the_key = [&](const text::field_error& e) {
                return std::string(e.what()).find("." + key) != std::string::npos;
            };
            BOOST_TEST_CONTEXT(what.name << "." << key) {
                auto without = as_sent(what.example);
                without.erase(key);
                BOOST_CHECK_EXCEPTION(what.again(without), text::field_error, names_the_key);
                auto mistyped = as_sent(what.example);
                mistyped[key] = boost::json::array{boost::json::array{}, 1};
                BOOST_CHECK_EXCEPTION(what.again(mistyped), text::field_error, names_the_key);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_refused) {
    const auto refuses = [](object meta, const char* key, boost::json::value bad, const auto& read) {
        meta[key] = std::move(bad);
        BOOST_CHECK_THROW((void)read(meta), text::field_error);
    };
    const auto hello = as_sent(wire::to_meta(wire::hello{"w", 1, 1, "", ""}));
    refuses(hello, "name", "", wire::read_hello);
    refuses(hello, "name", boost::json::string(65, 'x'), wire::read_hello);
    for (const auto* name :
         {"a\nb", " ", "\u00a0\u3000", "a\u009bb", "a\u0085", "\u202eeno", "a\u200b", "\u2028"}) {
        refuses(hello, "name", name, wire::read_hello);
        BOOST_TEST(!wire::problem_of_name(name).empty());
    }
    BOOST_TEST(wire::problem_of_name("station 3, Grünau").empty());
    refuses(hello, "clients", -1, wire::read_hello);
    refuses(hello, "clients", 1'000'001, wire::read_hello);
    refuses(hello, "threads", 0, wire::read_hello);
    const auto update = as_sent(wire::to_meta(wire::update{1, 2, 3, 0.5, 0.5, 0.5}));
    refuses(update, "round", -1, wire::read_update);
    refuses(update, "round", 4294967296, wire::read_update);
    refuses(update, "samples", 1e30, wire::read_update);
    refuses(update, "accuracy", 1.5, wire::read_update);
    refuses(update, "seconds", -1, wire::read_update);
    refuses(update, "seconds", 1e10, wire::read_update);
    refuses(update, "loss", -1e-9, wire::read_update);
    refuses(update, "loss", 1e101, wire::read_update);
    const auto load = as_sent(wire::to_meta(some_load()));
    refuses(load, "holdout", 1.0, wire::read_load);
    refuses(load, "clients_total", 0, wire::read_load);
    refuses(load, "clients", boost::json::array{7}, wire::read_load);
    const auto evaluation = as_sent(wire::to_meta(wire::evaluation{1, 10, 2.5, 9}));
    refuses(evaluation, "correct", 11, wire::read_evaluation);
    refuses(evaluation, "loss_sum", -1e-9, wire::read_evaluation);
    refuses(evaluation, "loss_sum", 1e101, wire::read_evaluation);
    refuses(evaluation, "absolute_sum", -1, wire::read_evaluation);
    refuses(evaluation, "label_m2", -1, wire::read_evaluation);
}

// A worker from before there were these keys neither gets nor sends them.
BOOST_AUTO_TEST_CASE(what_a_strategy_adds_is_left_out_where_it_says_nothing) {
    const auto none_of = [](const object& meta, std::initializer_list<const char*> keys) {
        for (const auto* key : keys) {
            BOOST_TEST(!meta.contains(key), key);
        }
    };
    none_of(wire::to_meta(wire::hello{"w", 1, 1, "", ""}), {"strategies"});
    none_of(wire::to_meta(wire::train{1, 2, 3}), {"state_round", "safe_round", "state"});
    none_of(wire::to_meta(wire::update{1, 2, 3, 0.5, 0.5, 0.5}), {"loss_before", "state"});
    none_of(wire::to_meta(wire::evaluate{1, 2, 3}), {"personal", "state_round", "state"});
    BOOST_TEST(wire::read_hello({{"name", "w"}}).strategies.empty());
    const auto train = wire::read_train({{"round", 1}, {"client", 2}, {"version", 3}});
    BOOST_TEST(train.state_round == 0U);
    BOOST_TEST(train.safe_round == 0U);
    BOOST_TEST(train.state.empty());
    const auto evaluate = wire::read_evaluate({{"round", 1}, {"client", 2}, {"version", 3}});
    BOOST_TEST(!evaluate.personal);
    BOOST_TEST(evaluate.state_round == 0U);
    const auto update = wire::read_update({{"round", 1}, {"client", 2}, {"samples", 3}, {"loss", 0.5}});
    BOOST_TEST(!update.loss_before);
    BOOST_TEST(update.state.empty());
}

BOOST_AUTO_TEST_CASE(what_a_strategy_adds_is_bounded) {
    const auto refuses = [](object meta, const char* key, const boost::json::value& bad, const auto& read) {
        meta[key] = bad;
        BOOST_CHECK_EXCEPTION((void)read(meta), text::field_error, [&](const text::field_error& e) {
            return std::string(e.what()).find(std::string(".") + key) != std::string::npos;
        });
    };
    using boost::json::array;
    const object hello{{"name", "w"}};
    refuses(hello, "strategies", "scaffold", wire::read_hello);
    refuses(hello, "strategies", array(65, "scaffold"), wire::read_hello);
    refuses(hello, "strategies", array{std::string(65, 'x')}, wire::read_hello);
    const object train{{"round", 1}, {"client", 2}, {"version", 3}};
    const object update{{"round", 1}, {"client", 2}, {"samples", 3}, {"loss", 0.5}};
    refuses(train, "state_round", -1, wire::read_train);
    refuses(train, "safe_round", 4294967296, wire::read_train);
    refuses(update, "loss_before", -1e-9, wire::read_update);
    refuses(update, "loss_before", 1e101, wire::read_update);
    refuses(train, "personal", 1, [](const object& meta) { return wire::read_evaluate(meta); });
    array many;
    for (char c = 'a'; c < 'a' + 17; ++c) {
        many.push_back(array{std::string(1, c), 1});
    }
    const auto most = static_cast<std::int64_t>(plan::limits::parameters);
    for (const auto& bad : {array{1}, array{array{"a"}}, array{array{"a", 1, 2}}, array{array{1, "a"}},
                            array{array{"", 1}}, array{array{std::string(65, 'x'), 1}}, array{array{"a", -1}},
                            array{array{"a", most + 1}}, array{array{"a", most}, array{"b", 1}},
                            array{array{"b", 1}, array{"a", 1}}, array{array{"a", 1}, array{"a", 1}}, many}) {
        refuses(train, "state", bad, wire::read_train);
        refuses(train, "state", bad, wire::read_evaluate);
        refuses(update, "state", bad, wire::read_update);
    }
}

BOOST_AUTO_TEST_CASE(a_clients_state_is_listed_in_the_order_of_its_floats) {
    const std::map<std::string, std::vector<float>> state{{"b", {3}}, {"a", {1, 2}}, {"c", {}}};
    const auto listed = wire::list_of(state);
    BOOST_TEST((listed == std::vector<wire::state_array>{{"a", 2}, {"b", 1}, {"c", 0}}));
    BOOST_TEST(wire::floats_of(listed) == 3U);
    const std::vector<float> floats{1, 2, 3};
    BOOST_TEST((wire::state_of(listed, floats) == state));
    BOOST_CHECK_THROW((void)wire::state_of(listed, std::vector<float>(2)), std::invalid_argument);
    BOOST_CHECK_THROW((void)wire::state_of(listed, std::vector<float>(4)), std::invalid_argument);
    BOOST_TEST(wire::state_of({}, {}).empty());
}

BOOST_AUTO_TEST_CASE(a_regression_has_no_accuracy) {
    wire::update what;
    what.samples = 1;
    BOOST_TEST(!wire::to_meta(what).contains("accuracy"));
    BOOST_TEST(!wire::read_update(wire::to_meta(what)).accuracy);
}

BOOST_AUTO_TEST_CASE(a_schema_from_before_there_were_missing_words_knows_none) {
    auto old = plan::to_json(some_schema());
    for (const auto* key : {"missing", "decimal", "thousands", "extra_columns", "unlabelled", "unseen"}) {
        old.erase(key);
    }
    const auto schema = plan::read_schema(old);
    BOOST_TEST(schema.notation.missing.empty());
    BOOST_TEST(schema.notation.decimal == '.');
    BOOST_TEST(!schema.unseen_is_other);
    old["decimal"] = ":";
    BOOST_CHECK_THROW((void)plan::read_schema(old), text::field_error);
}

BOOST_AUTO_TEST_CASE(rows_that_are_left_out_are_counted) {
    data::csv_summary summary;
    summary.rows = 3;
    summary.left_out = 2;
    summary.columns.resize(1);
    BOOST_TEST(wire::read_summary(wire::to_meta(summary)).left_out == 2U);
    wire::loaded reply;
    BOOST_TEST(!wire::to_meta(reply).contains("left_out"));
    reply.left_out = 7;
    BOOST_TEST(wire::read_loaded(wire::to_meta(reply)).left_out == 7U);
}

BOOST_AUTO_TEST_CASE(what_is_too_large_to_be_sent_names_its_column) {
    data::csv_summary summary;
    summary.rows = 1;
    summary.columns.resize(2);
    summary.columns[0].name = "age";
    summary.columns[1].name = "comment";
    auto& texts = summary.columns[1].categories;
    texts.assign(4000, std::string(1000, 'x'));
    BOOST_TEST(wire::problem_of_size(summary).empty());
    texts.assign(4300, std::string(1000, 'x'));
    BOOST_TEST(wire::problem_of_size(summary).starts_with(
        "column 'comment' has 4300 different texts of up to 1000 bytes: "
        "declare it ignored"));
    texts.assign(1, std::string(65'537, 'x'));
    BOOST_TEST(wire::problem_of_size(summary).find("'comment'") != std::string::npos);

    auto schema = some_schema();
    BOOST_TEST(wire::problem_of_size(schema, 1000).empty());
    BOOST_TEST(!wire::problem_of_size(schema, std::size_t{16} << 20).empty());
    schema.columns[0].categories.assign(9000, std::string(2000, 'x'));
    schema.columns[0].type = data::csv_column::kind::categorical;
    BOOST_TEST(wire::problem_of_size(schema, 0).find("has 9000 different texts") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_schema_arrives_as_it_was) {
    const auto arrived = wire::read_load(as_sent(wire::to_meta(some_load())));
    BOOST_REQUIRE(arrived.schema);
    BOOST_TEST((*arrived.schema == some_schema()));
}

BOOST_AUTO_TEST_CASE(counts_by_class_are_told_only_to_who_asks) {
    auto load = some_load();
    BOOST_TEST(!wire::to_meta(load).contains("label_counts"));
    BOOST_TEST(!wire::read_load(as_sent(wire::to_meta(load))).label_counts);
    load.label_counts = true;
    BOOST_TEST(wire::read_load(as_sent(wire::to_meta(load))).label_counts);
    wire::evaluate evaluate{1, 2, 3};
    BOOST_TEST(!wire::to_meta(evaluate).contains("confusion"));
    evaluate.confusion = true;
    BOOST_TEST(wire::read_evaluate(as_sent(wire::to_meta(evaluate))).confusion);
    BOOST_TEST(!wire::to_meta(evaluate).contains("scores"));
    evaluate.scores = true;
    BOOST_TEST(wire::read_evaluate(as_sent(wire::to_meta(evaluate))).scores);

    wire::loaded loaded;
    loaded.clients = {{0, 5, 1}, {6, 3, 0, {1, 0, 2}}};
    const auto told = wire::read_loaded(as_sent(wire::to_meta(loaded)));
    BOOST_TEST(told.clients[0].labels.empty());
    BOOST_TEST((told.clients[1].labels == std::vector<std::uint64_t>{1, 0, 2}));
    const wire::evaluation evaluation{0, 4, 0.5, 3, {3, 0, 1, 0}};
    BOOST_TEST((wire::read_evaluation(as_sent(wire::to_meta(evaluation))).confusion == evaluation.confusion));

    const std::vector<std::uint64_t> too_many(plan::limits::shown_classes + 1);
    loaded.clients = {{0, 0, 0, too_many}};
    BOOST_CHECK_THROW((void)wire::read_loaded(as_sent(wire::to_meta(loaded))), text::field_error);
    auto negative = wire::to_meta(evaluation);
    negative["confusion"] = boost::json::array{-1};
    BOOST_CHECK_THROW((void)wire::read_evaluation(negative), text::field_error);
    negative["confusion"] = "all right";
    BOOST_CHECK_THROW((void)wire::read_evaluation(negative), text::field_error);
}

BOOST_AUTO_TEST_CASE(scores_are_cells_in_their_order) {
    const wire::evaluation evaluation{0, 4, 0.5, 3, {}, {{0, 1, 2}, {8191, 1, 0}}};
    auto meta = as_sent(wire::to_meta(evaluation));
    BOOST_TEST((wire::read_evaluation(meta).scores == evaluation.scores));
    using boost::json::array;
    for (const auto& wrong :
         {array{1, 2}, array{5, 1, 0, 5, 1, 0}, array{5, 1, 0, 4, 1, 0}, array{8192, 1, 0}, array{1, -1, 0},
          array{1, 0.5, 0}, array{"1", 1, 1}, array(std::size_t{3} * 8193, 1)}) {
        meta["scores"] = wrong;
        BOOST_CHECK_THROW((void)wire::read_evaluation(meta), text::field_error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
