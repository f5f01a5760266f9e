#include <boost/test/unit_test.hpp>

#include "master/advice.hpp"
#include <string>
#include <vector>

using namespace fedasio;

namespace {

plan::plan regression_ending_in(nn::activation act) {
    plan::plan plan;
    plan.source = data::csv_source{};
    plan.model.objective = nn::loss::mean_squared_error;
    plan.model.input = {1, 1, 2};
    plan.model.layers = {nn::dense{.units = 1, .act = act}};
    return plan;
}

} // namespace

BOOST_AUTO_TEST_SUITE(advice)

BOOST_AUTO_TEST_CASE(units_without_a_class_are_told) {
    nn::model_spec spec;
    spec.input = {1, 1, 2};
    spec.layers = {nn::dense{.units = 10, .act = nn::activation::softmax}};
    const nn::network network(spec);
    BOOST_TEST(master::advice_on_units(10, network).empty());
    BOOST_TEST(master::advice_on_units(0, network).empty());
    BOOST_TEST(
        master::advice_on_units(3, network) ==
        "the model's last layer has 10 units, but the data only 3 classes: the others learn nothing; is "
        "that meant?");
}

BOOST_AUTO_TEST_CASE(outputs_that_cannot_be_what_the_labels_are_are_told) {
    using enum nn::activation;
    BOOST_TEST(master::advice_on_outputs(regression_ending_in(linear)).empty());
    for (const auto act : {relu, sigmoid, tanh}) {
        BOOST_TEST(!master::advice_on_outputs(regression_ending_in(act)).empty());
    }
    auto raw = regression_ending_in(relu);
    std::get<data::csv_source>(raw.source).standardize = false;
    BOOST_TEST(master::advice_on_outputs(raw).empty());
}

BOOST_AUTO_TEST_CASE(few_steps_a_round_are_told) {
    const plan::local_training local{.epochs = 1, .batch_size = 32, .optimizer = {}};
    BOOST_TEST(
        master::advice_on_steps(local, std::vector<std::uint64_t>{18, 23}) ==
        "a client takes at most 1 step in a round (23 samples, local.batch_size 32, local.epochs 1): if it "
        "learns slowly, raise local.epochs or lower local.batch_size");
    BOOST_TEST(!master::advice_on_steps(local, std::vector<std::uint64_t>{96}).empty());
    BOOST_TEST(master::advice_on_steps(local, std::vector<std::uint64_t>{23, 97}).empty());
    BOOST_TEST(master::advice_on_steps({.epochs = 4, .batch_size = 32, .optimizer = {}},
                                       std::vector<std::uint64_t>{23})
                   .empty());
    BOOST_TEST(master::advice_on_steps(local, {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
