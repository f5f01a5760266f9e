#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>

#include <boost/test/unit_test.hpp>

#include "master/layer_norms.hpp"
#include <cmath>
#include <vector>

namespace {

using namespace fedasio;

nn::network three_inputs_two_units() {
    nn::model_spec spec;
    spec.input = {1, 1, 3};
    spec.layers = {nn::dense{.units = 2}};
    spec.objective = nn::loss::mean_squared_error;
    return nn::network(spec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(layer_norms)

BOOST_AUTO_TEST_CASE(each_array_has_its_norms_and_the_units_that_stood_still) {
    const auto network = three_inputs_two_units();
    BOOST_REQUIRE(network.parameter_count() == 8U);
    const std::vector<float> before{0, 1, 0, 1, 0, 1, 5, 5};
    auto after = before;
    after[0] = 3; // into the first unit
    after[4] = 4;
    after[7] = 6; // a bias moves without the weights into its unit
    const auto found = master::measure_layers(7, nn::model_arrays(network), true, before, after);
    BOOST_TEST(found.round == 7U);
    BOOST_REQUIRE(found.arrays.size() == 2U);
    const auto& kernel = found.arrays[0];
    BOOST_TEST(kernel.name == "0.dense.kernel");
    BOOST_TEST(kernel.update == 5.0);
    BOOST_TEST(kernel.weights == std::sqrt(9.0 + 16 + 3));
    BOOST_TEST(kernel.units == 2U);
    BOOST_TEST(kernel.still == 1U);
    const auto& bias = found.arrays[1];
    BOOST_TEST(bias.update == 1.0);
    BOOST_TEST(bias.units == 0U);
    BOOST_TEST(bias.still == 0U);
}

BOOST_AUTO_TEST_CASE(of_a_model_of_others_units_are_not_known_and_only_weights_are_measured) {
    const nn::model_arrays arrays(
        {{.name = "w", .dims = {2, 2}},
         {.name = "n", .dims = {}, .type = "int64", .role = nn::array_role::counter}},
        100);
    const std::vector<float> before(5);
    const std::vector<float> after{3, 0, 0, 4, 1};
    const auto found = master::measure_layers(1, arrays, false, before, after);
    BOOST_REQUIRE(found.arrays.size() == 1U);
    BOOST_TEST(found.arrays[0].update == 5.0);
    BOOST_TEST(found.arrays[0].units == 0U);
}

BOOST_AUTO_TEST_CASE(of_many_arrays_the_first_are_measured) {
    nn::model_spec spec;
    spec.input = {1, 1, 1};
    spec.layers.assign(150, nn::dense{.units = 1});
    spec.objective = nn::loss::mean_squared_error;
    const nn::network network(spec);
    const std::vector<float> weights(network.parameter_count());
    BOOST_TEST(master::measure_layers(1, nn::model_arrays(network), true, weights, weights).arrays.size() ==
               master::most_measured_arrays);
}

BOOST_AUTO_TEST_SUITE_END()
