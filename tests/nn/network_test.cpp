#include <fedasio/nn/network.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace fedasio::nn;

namespace {

std::string refusal(model_spec spec) {
    try {
        const network model(std::move(spec));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

void check_refused(const model_spec& spec, const std::vector<std::string>& parts) {
    const std::string text = refusal(spec);
    for (const std::string& part : parts) {
        BOOST_TEST(text.find(part) != std::string::npos, "\"" << part << "\" is not in: " << text);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(network_description)

BOOST_AUTO_TEST_CASE(lays_out_its_parameters) {
    const network model(
        {.input = {8, 6, 3},
         .layers = {conv2d{.filters = 4, .kernel_height = 3, .kernel_width = 2}, max_pool2d{2}, dropout{0.5F},
                    flatten{}, dense{7, activation::relu}, dense{2}, activate{activation::softmax}}});
    BOOST_TEST((model.input() == shape{8, 6, 3}));
    BOOST_TEST((model.output() == shape{1, 1, 2}));
    BOOST_TEST((model.layers()[0].output == shape{6, 5, 4}));
    BOOST_TEST((model.layers()[1].output == shape{3, 2, 4}));
    BOOST_TEST((model.layers()[3].output == shape{1, 1, 24}));
    BOOST_REQUIRE(model.parameters().size() == 6U);
    const std::vector<std::string> names{"0.conv2d.kernel", "0.conv2d.bias",  "4.dense.kernel",
                                         "4.dense.bias",    "5.dense.kernel", "5.dense.bias"};
    const std::vector<std::vector<std::size_t>> dims{{3, 2, 3, 4}, {4}, {24, 7}, {7}, {7, 2}, {2}};
    std::size_t offset = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const parameter& it = model.parameters()[i];
        BOOST_TEST(it.name == names[i]);
        BOOST_TEST(it.dims == dims[i], boost::test_tools::per_element());
        BOOST_TEST(it.offset == offset);
        std::size_t size = 1;
        for (const std::size_t dim : it.dims) {
            size *= dim;
        }
        BOOST_TEST(it.size == size);
        offset += size;
    }
    BOOST_TEST(model.parameter_count() == offset);
    BOOST_TEST(model.layers()[4].offset == model.parameters()[2].offset);
    BOOST_TEST(model.layers()[4].size == 24U * 7 + 7);
    BOOST_TEST(model.layers()[1].size == 0U);
}

BOOST_AUTO_TEST_CASE(same_padding_keeps_the_size) {
    const network model(
        {.input = {5, 4, 1},
         .layers = {conv2d{.filters = 2, .kernel_height = 4, .kernel_width = 7, .pad = padding::same}},
         .objective = loss::mean_squared_error});
    BOOST_TEST((model.output() == shape{5, 4, 2}));
}

BOOST_AUTO_TEST_CASE(strides_count_from_the_first_pixel) {
    const auto output = [](std::uint32_t stride, padding pad) {
        return network({.input = {5, 8, 1},
                        .layers = {conv2d{.filters = 2, .pad = pad, .stride = stride}},
                        .objective = loss::mean_squared_error})
            .output();
    };
    BOOST_TEST((output(2, padding::valid) == shape{2, 3, 2}));
    BOOST_TEST((output(2, padding::same) == shape{3, 4, 2}));
    BOOST_TEST((output(3, padding::same) == shape{2, 3, 2}));
    BOOST_TEST((output(4000000000, padding::valid) == shape{1, 1, 2}));
    BOOST_TEST((output(4000000000, padding::same) == shape{1, 1, 2}));
}

BOOST_AUTO_TEST_CASE(counts_the_2nn) {
    const network model({.input = {28, 28, 1},
                         .layers = {flatten{}, dense{200, activation::relu}, dense{200, activation::relu},
                                    dense{10, activation::softmax}}});
    BOOST_TEST(model.parameter_count() == 199210U);
    BOOST_TEST(model.summary() == "0 flatten 28x28x1 -> 784\n"
                                  "1 dense 784 -> 200 relu, 157000 parameters\n"
                                  "2 dense 200 -> 200 relu, 40200 parameters\n"
                                  "3 dense 200 -> 10 softmax, 2010 parameters\n"
                                  "199210 parameters\n");
}

BOOST_AUTO_TEST_CASE(refuses_what_cannot_be) {
    const shape flat{1, 1, 4};
    const shape image{6, 5, 2};
    const loss squares = loss::mean_squared_error;
    const dense last{3, activation::softmax};
    const float nan = std::numeric_limits<float>::quiet_NaN();

    check_refused({.input = {6, 0, 2}, .layers = {last}}, {"input", "6x0x2"});
    check_refused({.input = {65536, 65536, 65536}, .layers = {flatten{}, last}}, {"input", "2147483647"});
    check_refused({.input = flat, .layers = {}}, {"no layers"});
    check_refused({.input = flat, .layers = {activate{}}, .objective = squares}, {"nothing to learn"});
    check_refused({.input = image, .layers = {max_pool2d{1}, last}}, {"layer 1 (dense)", "6x5x2", "flatten"});
    check_refused({.input = flat, .layers = {dense{0}, last}}, {"layer 0 (dense)", "units"});
    check_refused({.input = image, .layers = {conv2d{.filters = 0}}}, {"layer 0 (conv2d)", "filters"});
    check_refused({.input = image, .layers = {conv2d{.filters = 1, .kernel_width = 0}}}, {"empty kernel"});
    check_refused({.input = image, .layers = {conv2d{.filters = 1, .kernel_height = 0}}}, {"empty kernel"});
    check_refused({.input = image, .layers = {conv2d{.filters = 1, .kernel_height = 7}}},
                  {"7x3", "6x5x2", "same"});
    check_refused({.input = image, .layers = {conv2d{.filters = 1, .kernel_width = 6}}},
                  {"3x6", "6x5x2", "same"});
    check_refused({.input = image, .layers = {max_pool2d{0}}}, {"layer 0 (max_pool2d)", "size"});
    check_refused({.input = image, .layers = {avg_pool2d{0}}}, {"layer 0 (avg_pool2d)", "size"});
    check_refused({.input = image, .layers = {avg_pool2d{6}}}, {"6x6", "6x5x2"});
    check_refused({.input = image, .layers = {conv2d{.filters = 1, .stride = 0}}},
                  {"layer 0 (conv2d)", "stride"});
    check_refused({.input = image, .layers = {group_norm{3}}},
                  {"layer 0 (group_norm)", "2 channels", "3 groups"});
    check_refused({.input = image, .layers = {group_norm{0}}}, {"groups", "divisor"});
    check_refused({.input = image, .layers = {group_norm{4000000000}}}, {"4000000000 groups", "divisor"});
    check_refused({.input = image, .layers = {group_norm{1, nan}}}, {"epsilon", "above 0"});
    check_refused({.input = {1, 1, 2000000000}, .layers = {group_norm{2}}, .objective = squares},
                  {"layer 0 (group_norm)", "parameters"});
    check_refused({.input = {1, 1, 4}, .layers = {group_norm{4}}}, {"one value in each group", "fewer"});
    check_refused({.input = image, .layers = {group_norm{1, 0.0F}}}, {"epsilon", "above 0"});
    check_refused({.input = image, .layers = {max_pool2d{6}}}, {"6x6", "6x5x2"});
    check_refused({.input = {5, 6, 2}, .layers = {max_pool2d{6}}}, {"6x6", "5x6x2"});
    for (const float rate : {-0.1F, 1.0F, nan}) {
        check_refused({.input = flat, .layers = {dropout{rate}, last}}, {"layer 0 (dropout)", "rate"});
    }
    check_refused({.input = flat, .layers = {last, dense{3, activation::softmax}}},
                  {"layer 0 (dense)", "last"});
    check_refused({.input = flat, .layers = {last, flatten{}}}, {"layer 0 (dense)", "last"});
    check_refused({.input = image, .layers = {conv2d{.filters = 3, .act = activation::softmax}}},
                  {"flatten"});
    check_refused({.input = flat, .layers = {dense{1, activation::softmax}}}, {"one value", "sigmoid"});
    check_refused({.input = flat, .layers = {dense{3, activation::sigmoid}}},
                  {"layer 0 (dense)", "cross_entropy", "mean_squared_error"});
    check_refused({.input = flat, .layers = {dense{3}, dropout{0.1F}}},
                  {"layer 1 (dropout)", "cross_entropy"});
    check_refused({.input = {1, 1, 65536}, .layers = {dense{32768}}, .objective = squares},
                  {"layer 0 (dense)", "parameters"});
    check_refused({.input = {1, 1, 4000000000}, .layers = {dense{4000000000}}, .objective = squares},
                  {"input"});
    check_refused({.input = {1, 1, 2000000000}, .layers = {dense{4000000000}}, .objective = squares},
                  {"layer 0"});
    check_refused({.input = {30000, 30000, 1},
                   .layers = {conv2d{.filters = 4000000000, .kernel_height = 1, .kernel_width = 1}},
                   .objective = squares},
                  {"layer 0 (conv2d)"});
    check_refused({.input = {30000, 30000, 1}, .layers = {conv2d{.filters = 100}}, .objective = squares},
                  {"layer 0 (conv2d)", "values a sample"});
    BOOST_TEST(refusal({.input = flat, .layers = {last}}) == "accepted");
}

BOOST_AUTO_TEST_CASE(initial_weights_have_their_variance) {
    struct given {
        layer_spec layer;
        shape input;
        double variance;
        bool is_bounded;
    };

    const std::vector<given> cases{
        {dense{200, activation::relu, initializer::he}, {1, 1, 300}, 2.0 / 300, false},
        {dense{200, activation::relu, initializer::glorot}, {1, 1, 300}, 2.0 / 500, true},
        {conv2d{.filters = 128, .kernel_height = 3, .kernel_width = 5, .init = initializer::he},
         {9, 9, 16},
         2.0 / 240,
         false},
        {conv2d{.filters = 128, .kernel_height = 3, .kernel_width = 5, .init = initializer::glorot},
         {9, 9, 16},
         2.0 / (240 + 1920),
         true},
    };
    for (const given& it : cases) {
        const network model({.input = it.input, .layers = {it.layer}, .objective = loss::mean_squared_error});
        std::vector<float> weights(model.parameter_count(), 7.0F);
        model.initialise(weights, 3);
        const std::size_t kernel = model.parameters()[0].size;
        double sum = 0;
        double squares = 0;
        double largest = 0;
        for (std::size_t i = 0; i < kernel; ++i) {
            sum += weights[i];
            squares += double{weights[i]} * weights[i];
            largest = std::max(largest, std::abs(double{weights[i]}));
        }
        const auto count = static_cast<double>(kernel);
        BOOST_TEST(std::abs(sum / count) < 4 * std::sqrt(it.variance / count));
        BOOST_TEST(squares / count == it.variance, boost::test_tools::tolerance(0.03));
        // A uniform distribution ends at sqrt(3) deviations, a normal one of this size does not.
        BOOST_TEST((largest <= std::sqrt(3 * it.variance) * 1.00001) == it.is_bounded);
        for (std::size_t i = kernel; i < weights.size(); ++i) {
            BOOST_TEST(weights[i] == 0.0F);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_normalisation_scales_by_1_and_shifts_by_0_at_first) {
    const network model(
        {.input = {1, 1, 4}, .layers = {group_norm{2}, dense{1}}, .objective = loss::mean_squared_error});
    std::vector<float> weights(model.parameter_count(), 7.0F);
    model.initialise(weights, 3);
    const std::vector<float> expected{1, 1, 1, 1, 0, 0, 0, 0};
    BOOST_TEST(std::vector<float>(weights.begin(), weights.begin() + 8) == expected,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(initial_weights_follow_seed_and_layer) {
    const network model(
        {.input = {1, 1, 5}, .layers = {dense{5}, dense{5}}, .objective = loss::mean_squared_error});
    std::vector<float> first(60);
    std::vector<float> again(60, 1.0F);
    std::vector<float> other(60);
    model.initialise(first, 1);
    model.initialise(again, 1);
    model.initialise(other, 2);
    BOOST_TEST(first == again, boost::test_tools::per_element());
    BOOST_TEST(first[0] != other[0]);
    BOOST_TEST(first[0] != first[30]);
    std::vector<float> small(59);
    BOOST_CHECK_THROW(model.initialise(small, 1), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
