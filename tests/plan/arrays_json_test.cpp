#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/plan_check.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace fedasio;

std::string objection(const std::string& json) {
    try {
        static_cast<void>(plan::arrays_from_json(text::parse_json(json)));
        return {};
    } catch (const text::field_error& e) {
        return e.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(arrays_json)

BOOST_AUTO_TEST_CASE(arrays_come_back_as_they_were) {
    const std::string json = R"([{"name":"w","shape":[2,3]},{"name":"s","shape":[],"type":"float16"},)"
                             R"({"name":"bn.running_mean","shape":[0]},)"
                             R"({"name":"own","shape":[1],"role":"statistic"},)"
                             R"({"name":"n","shape":[],"type":"int64"}])";
    const auto arrays = plan::arrays_from_json(text::parse_json(json));
    BOOST_TEST(text::canonical_text(plan::to_json(arrays)) == json);
    BOOST_TEST(arrays.trained() == 7U);
    BOOST_TEST(arrays.counters() == 8U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_place) {
    BOOST_TEST(objection("[]").find("arrays") == 0U);
    BOOST_TEST(objection(R"([{"shape":[1]}])").find("arrays[0].name") == 0U);
    BOOST_TEST(objection(R"([{"name":"w"}])").find("arrays[0].shape") == 0U);
    BOOST_TEST(objection(R"([{"name":"w","shape":[-1]}])").find("arrays[0].shape[0]") == 0U);
    BOOST_TEST(objection(R"([{"name":"w","shape":[1],"type":"complex"}])").find("arrays[0].type") == 0U);
    BOOST_TEST(objection(R"([{"name":"w","shape":[1],"role":"none"}])").find("arrays[0].role") == 0U);
    BOOST_TEST(objection(R"([{"name":"w","shap":[1]}])").find("did you mean `shape`?") != std::string::npos);
    BOOST_TEST(
        objection(R"([{"name":"w","shape":[1],"role":"trainde"}])").find("did you mean \"trained\"?") !=
        std::string::npos);
    BOOST_TEST(objection(R"([{"name":"w","shape":[1]},{"name":"w","shape":[1]}])").find("named twice") !=
               std::string::npos);
    BOOST_TEST(objection(R"([{"name":"w","shape":[1073741823,2]}])").find("more than 1073741823") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_names_a_file_of_arrays_and_passes_its_data_on) {
    const auto read = plan::parse_checked_plan(
        R"({"model": {"arrays": "a.safetensors"}, "clients": 2, "rounds": 1,
            "data": {"source": {"type": "trainer", "folder": "x", "deep": {"a": [1, 2.5]}}}})",
        "p.json");
    BOOST_TEST(read.initial_arrays == "a.safetensors");
    BOOST_TEST(plan::knows_model(read));
    BOOST_TEST(plan::is_for_trainer(read.source));
    BOOST_TEST(!plan::has_test_files(read.source));
    BOOST_TEST(text::canonical_text(plan::to_json(read.source)) ==
               R"({"type":"trainer","folder":"x","deep":{"a":[1,2.5]}})");
    const auto canonical = text::canonical_text(plan::to_json(read));
    const auto again = plan::parse_plan(canonical, "p.json");
    BOOST_TEST(text::canonical_text(plan::to_json(again)) == canonical);
    BOOST_TEST(plan::plan_digest(again) == plan::plan_digest(read));
}

BOOST_AUTO_TEST_CASE(a_plan_leaves_the_model_to_the_first_trainer) {
    const std::string rest = R"("clients": 2, "rounds": 1, "data": {"source": {"type": "trainer"}}})";
    const auto read = plan::parse_checked_plan(R"({"model": {"from": "trainer"}, )" + rest, "p.json");
    BOOST_TEST(read.model_from_trainer);
    BOOST_TEST(!plan::knows_model(read));
    const auto again = plan::parse_plan(text::canonical_text(plan::to_json(read)), "p.json");
    BOOST_TEST(again.model_from_trainer);
    BOOST_TEST(plan::plan_digest(again) == plan::plan_digest(read));
    for (const auto* model : {R"({"from": "master"})", R"({"from": "trainer", "arrays": "a"})",
                              R"({"from": "trainer", "input": [3]})"}) {
        BOOST_CHECK_THROW(static_cast<void>(plan::parse_checked_plan(
                              std::string(R"({"model": )") + model + ", " + rest, "p.json")),
                          text::field_error);
    }
    try {
        static_cast<void>(
            plan::parse_plan(R"({"model": {"from": "trainer", "arrays": "a"}, )" + rest, "p.json"));
        BOOST_ERROR("both were taken");
    } catch (const text::field_error& e) {
        BOOST_TEST(std::string(e.what()).starts_with("p.json: model.from: stands beside model.arrays"));
    }
    const auto schema = text::parse_json(plan::plan_schema());
    const auto& keys = schema.at("keys").at("model").at("keys").as_object();
    BOOST_TEST((keys.contains("arrays") && keys.contains("from") && keys.contains("layers")));
}

BOOST_AUTO_TEST_CASE(a_master_with_an_evaluator_needs_no_other_test_data) {
    const std::string text = R"({"model": {"from": "trainer"}, "data": {"source": {"type": "trainer"},
        "test_fraction": 0}, "clients": 1, "rounds": 1, "target_accuracy": 0.5,
        "early_stopping": {"metric": "test_loss", "patience": 1}})";
    BOOST_CHECK_THROW(static_cast<void>(plan::parse_checked_plan(text, "p.json")), text::field_error);
    const auto read = plan::parse_checked_plan(text, "p.json", true);
    BOOST_TEST(plan::is_tested(read));
    BOOST_TEST(plan::master_tests(read));
    BOOST_TEST(plan::best_metric(read) == "test_accuracy");
    BOOST_TEST(!plan::to_json(read).contains("has_evaluator"));
    auto without = read;
    without.has_evaluator = false;
    BOOST_TEST(plan::plan_digest(without) == plan::plan_digest(read));
    BOOST_TEST(plan::best_metric(without) == "train_loss");
}

BOOST_AUTO_TEST_CASE(a_file_without_a_word_on_its_arrays_is_read_by_names) {
    store::model_file file;
    file.tensors = {{"w", {2}, {1, 2}}, {"bn.running_var", {1}, {1}}};
    const auto arrays = plan::arrays_of("f", file);
    BOOST_TEST(arrays.trained() == 2U);
    BOOST_TEST(arrays.size() == 3U);
    file.metadata["arrays"] = R"([{"name":"n","shape":[],"type":"int64"}])";
    BOOST_CHECK_THROW(static_cast<void>(plan::arrays_of("f", file)), store::model_file_error);
    file.metadata["arrays"] = "{";
    BOOST_CHECK_THROW(static_cast<void>(plan::arrays_of("f", file)), store::model_file_error);
}

BOOST_AUTO_TEST_SUITE_END()
