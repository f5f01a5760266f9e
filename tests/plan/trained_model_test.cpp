#include <fedasio/plan/trained_model.hpp>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.hpp"
#include <string>
#include <vector>

using namespace fedasio;
using plan::trained_model;

namespace {

constexpr auto network =
    R"({"input": [3], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}], "loss": "cross_entropy"})";
constexpr auto schema =
    R"({"delimiter": ",", "standardize": true, "regression": false, "label": "y", "label_mean": 0, "label_deviation": 1,
        "classes": ["no", "yes"], "columns": [{"name": "a", "type": "numeric", "mean": 1, "deviation": 2},
        {"name": "b", "type": "categorical", "categories": ["u", "v"]}]})";

using metadata = std::map<std::string, std::string>;

std::filesystem::path save(const test::scratch_directory& dir, const metadata& what, std::size_t inputs = 3) {
    const std::vector<float> weights(inputs * 2 + 2, 0.5F);
    const std::vector<store::tensor_shape> layout{{"0.dense.kernel", {inputs, 2}}, {"0.dense.bias", {2}}};
    store::save_model(dir / "m.safetensors", layout, weights, what);
    return dir / "m.safetensors";
}

std::string error_of(const std::filesystem::path& file) {
    try {
        static_cast<void>(plan::read_trained_model(file));
    } catch (const store::model_file_error& e) {
        return e.what();
    }
    return "no error";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(trained_models)

BOOST_AUTO_TEST_CASE(the_file_alone_says_how_it_is_used) {
    const test::scratch_directory dir;
    const auto model = plan::read_trained_model(save(dir, {{"network", network}, {"schema", schema}}));
    BOOST_TEST(model.network.parameter_count() == 8U);
    BOOST_TEST(model.weights.floats()[7] == 0.5F);
    BOOST_TEST(!model.is_regression());
    BOOST_TEST(model.output_name(1) == "yes");
    BOOST_TEST(model.output_name(2) == "2");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_together_is_refused) {
    const test::scratch_directory dir;
    const auto has = [](const std::string& error, const std::string& part) {
        BOOST_TEST(error.find(part) != std::string::npos, error);
    };
    has(error_of(save(dir, {{"schema", schema}})), "--plan PLAN");
    has(error_of(save(dir, {{"network", "{"}, {"schema", schema}})),
        "`network` in its metadata cannot be used");
    has(error_of(save(dir, {{"network", network}, {"schema", "[]"}})), "`schema` in its metadata is damaged");
    has(error_of(save(dir, {{"network", replaced(network, "[3]", "[4]")}, {"schema", schema}}, 4)),
        "takes 4 inputs, but the encoding makes 3");
    has(error_of(
            save(dir, {{"network", network}, {"schema", replaced(schema, "\"no\"", "\"no\", \"maybe\"")}})),
        "not one for each class");
    has(error_of(save(
            dir, {{"network", network}, {"schema", replaced(schema, R"("classes": ["no", "yes"],)", "")}})),
        "names no classes");
    has(error_of(save(dir, {{"network", network}, {"schema", replaced(schema, "false", "true")}})),
        "not the one of a regression");
    has(error_of(save(dir, {{"network", replaced(network, "[3]", "[1000000]")}})), "too short");
    has(error_of(save(dir, {{"network", network}}, 2)), "0.dense.kernel");
}

BOOST_AUTO_TEST_CASE(an_older_file_is_read_with_its_plan) {
    const test::scratch_directory dir;
    const auto plan = plan::parse_plan(
        R"({"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, "rounds": 1, "data": {
            "source": {"type": "csv", "label": "y"}, "partition": {"scheme": "local"}}})",
        "p.json");
    BOOST_TEST(plan::read_trained_model(save(dir, {{"schema", schema}}), plan).network.input().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
