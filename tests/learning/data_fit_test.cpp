#include <fedasio/learning/data_fit.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace fedasio;

namespace {

nn::network network_for(const nn::shape& input, std::uint32_t units = 3) {
    nn::model_spec spec;
    spec.input = input;
    spec.layers = {nn::flatten{}, nn::dense{.units = units, .act = nn::activation::softmax}};
    return nn::network(spec);
}

data::dataset samples_of(std::vector<std::uint32_t> dims, std::int32_t classes = 3) {
    std::size_t each = 1;
    for (const auto dim : dims) {
        each *= dim;
    }
    std::vector<std::string> names;
    for (std::int32_t i = 0; i < classes; ++i) {
        names.push_back(std::to_string(i));
    }
    return {std::move(dims), std::vector<std::uint8_t>(each), std::vector<std::int32_t>{classes - 1}, names};
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_fits)

BOOST_AUTO_TEST_CASE(dimensions_count_and_not_their_product) {
    const auto problem = [](std::vector<std::uint32_t> dims, const nn::shape& input) {
        return learning::problem_of_fit(samples_of(std::move(dims)), network_for(input));
    };
    BOOST_TEST(problem({8, 8, 3}, {8, 8, 3}).empty());
    BOOST_TEST(problem({8, 8}, {8, 8, 1}).empty());
    BOOST_TEST(problem({8, 8, 1}, {8, 8, 1}).empty());
    BOOST_TEST(
        problem({8, 8, 3}, {3, 8, 8}) ==
        "a sample of the data is [8, 8, 3] (height, width, channels), but model.input is [3, 8, 8]: write "
        "\"input\": [8, 8, 3] in the plan's model");
    BOOST_TEST(!problem({4, 16}, {8, 8, 1}).empty());
    BOOST_TEST(!problem({16, 4}, {4, 16, 1}).empty());
    BOOST_TEST(!problem({8, 8}, {8, 8, 2}).empty());
    // A flat network reads an image value by value, and a row of a table may be an image.
    BOOST_TEST(problem({8, 8, 3}, {1, 1, 192}).empty());
    BOOST_TEST(!problem({8, 8, 3}, {1, 1, 191}).empty());
    BOOST_TEST(problem({64}, {8, 8, 1}).empty());
    BOOST_TEST(!problem({63}, {8, 8, 1}).empty());
}

BOOST_AUTO_TEST_CASE(more_classes_than_units_do_not_fit) {
    BOOST_TEST(learning::problem_of_fit(samples_of({4}, 3), network_for({1, 1, 4}, 3)).empty());
    BOOST_TEST(learning::problem_of_fit(samples_of({4}, 2), network_for({1, 1, 4}, 3)).empty());
    BOOST_TEST(learning::problem_of_fit(samples_of({4}, 4), network_for({1, 1, 4}, 3)) ==
               "the data has 4 classes, but the model's last layer has 3 units: give it one unit a class");
}

BOOST_AUTO_TEST_SUITE_END()
