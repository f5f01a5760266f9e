#include <boost/test/unit_test.hpp>

#include "master/global_model.hpp"
#include "parts.hpp"

using namespace parts;

BOOST_AUTO_TEST_SUITE(global_models)

BOOST_AUTO_TEST_CASE(a_round_makes_other_weights_of_a_higher_version) {
    ground on;
    auto& model = on.state.model;
    BOOST_TEST(!model.is_there());
    BOOST_TEST(model.invariants());
    on.build_model();
    BOOST_TEST(model.is_there());
    BOOST_TEST(model.invariants());
    const auto version = model.version();
    const auto next = make_model_state(*on.given.plan.strategy, to_payload(std::vector<float>(6, 1.0F)));

    model.advance(next, 1);
    BOOST_TEST(model.invariants());
    BOOST_TEST(model.round() == 1U);
    BOOST_TEST(model.weights().floats()[0] == 1.0F);
    BOOST_TEST(model.version() > version);
}

BOOST_AUTO_TEST_CASE(other_weights_have_another_version_whatever_makes_them_so) {
    ground on;
    auto& model = on.state.model;
    on.build_model();
    const auto first = model.version();
    BOOST_TEST(first > 0U);
    model.replace(model.state());
    BOOST_TEST(model.version() == first + 1);
    BOOST_TEST(model.round() == 0U);
    model.resume(model.state(), 7);
    BOOST_TEST(model.version() == first + 2);
    BOOST_TEST(model.round() == 7U);
    model.forget();
    BOOST_TEST(!model.is_there());
    BOOST_TEST(model.round() == 0U);
    BOOST_TEST(model.invariants());
    on.build_model();
    BOOST_TEST(model.version() == first + 3);
}

BOOST_AUTO_TEST_CASE(a_saved_model_says_what_it_is_of_without_the_folders_of_this_machine) {
    ground on(plan_text(R"(, "name": "small")"));
    on.build_model();
    auto said = on.state.model.metadata(on.given.plan, on.given.plan_digest);
    BOOST_TEST(said["plan"] == "small");
    BOOST_TEST(said["plan_digest"] == on.given.plan_digest);
    BOOST_TEST(said["round"] == "0");
    BOOST_TEST(said["source"].find("train.csv") != std::string::npos);
    BOOST_TEST(said["source"].find('/') == std::string::npos);
    BOOST_TEST(!said.contains("schema"));
    data::csv_schema schema;
    schema.regression = true;
    schema.label_deviation = 2.5;
    BOOST_TEST(on.state.model.label_unit() == 1.0);
    on.state.model.encode_tables_as(schema);
    BOOST_TEST(on.state.model.label_unit() == 2.5);
    BOOST_TEST(on.state.model.metadata(on.given.plan, on.given.plan_digest).contains("schema"));
}

BOOST_AUTO_TEST_SUITE_END()
