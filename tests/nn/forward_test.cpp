// The layers' outputs against loops written from their definitions in model_spec.hpp, in double.

#include <fedasio/nn/evaluator.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include "same_bits.hpp"
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace fedasio::nn;

namespace {

constexpr std::size_t samples = 3;

std::vector<float> outputs_of(const network& model, const std::vector<float>& weights,
                              const std::vector<float>& features) {
    std::vector<float> outputs(samples * model.output().size());
    evaluator(model, 2).predict(weights, features, outputs, samples);
    return outputs;
}

void check_close(const std::vector<float>& found, const std::vector<double>& expected) {
    BOOST_REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        BOOST_TEST(std::abs(found[i] - expected[i]) < 1e-5,
                   "output " << i << ": " << found[i] << " is not " << expected[i]);
    }
}

std::vector<double> convolved(const conv2d& layer, const shape& in, const shape& out,
                              const std::vector<float>& weights, const std::vector<float>& x) {
    const std::ptrdiff_t height = layer.kernel_height;
    const std::ptrdiff_t width = layer.kernel_width;
    const std::ptrdiff_t top = layer.pad == padding::same ? (height - 1) / 2 : 0;
    const std::ptrdiff_t left = layer.pad == padding::same ? (width - 1) / 2 : 0;
    const auto at = [](std::ptrdiff_t a, std::ptrdiff_t b, std::size_t b_size, std::size_t c,
                       std::size_t c_size) {
        return (static_cast<std::size_t>(a) * b_size + static_cast<std::size_t>(b)) * c_size + c;
    };
    std::vector<double> y;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::ptrdiff_t row = 0; row < out.height; ++row) {
            for (std::ptrdiff_t column = 0; column < out.width; ++column) {
                for (std::size_t filter = 0; filter < layer.filters; ++filter) {
                    double sum = weights[weights.size() - layer.filters + filter];
                    for (std::ptrdiff_t i = 0; i < height; ++i) {
                        for (std::ptrdiff_t j = 0; j < width; ++j) {
                            const std::ptrdiff_t from_row = row + i - top;
                            const std::ptrdiff_t from_column = column + j - left;
                            if (from_row < 0 || from_row >= in.height || from_column < 0 ||
                                from_column >= in.width) {
                                continue;
                            }
                            for (std::size_t channel = 0; channel < in.channels; ++channel) {
                                const std::size_t kernel = at(i, j, layer.kernel_width, channel, in.channels);
                                sum += double{x[sample * in.size() +
                                                at(from_row, from_column, in.width, channel, in.channels)]} *
                                       weights[kernel * layer.filters + filter];
                            }
                        }
                    }
                    y.push_back(sum);
                }
            }
        }
    }
    return y;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward)

BOOST_AUTO_TEST_CASE(dense_is_x_times_w_plus_b) {
    const network model({.input = {1, 1, 5}, .layers = {dense{7}}, .objective = loss::mean_squared_error});
    const auto weights = random_values(42, 1);
    const auto x = random_values(samples * 5, 2);
    std::vector<double> expected;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::size_t unit = 0; unit < 7; ++unit) {
            double sum = weights[35 + unit];
            for (std::size_t i = 0; i < 5; ++i) {
                sum += double{x[sample * 5 + i]} * weights[i * 7 + unit];
            }
            expected.push_back(sum);
        }
    }
    check_close(outputs_of(model, weights, x), expected);
}

BOOST_AUTO_TEST_CASE(conv2d_is_a_cross_correlation) {
    struct given {
        shape input;
        conv2d layer;
    };

    const std::vector<given> cases{
        {{6, 5, 1}, {.filters = 3}},
        {{6, 5, 2}, {.filters = 3, .kernel_height = 2, .kernel_width = 4}},
        {{6, 5, 2}, {.filters = 1, .pad = padding::same}},
        {{6, 5, 3}, {.filters = 2, .kernel_height = 4, .kernel_width = 2, .pad = padding::same}},
        {{3, 4, 2}, {.filters = 2, .kernel_height = 5, .kernel_width = 7, .pad = padding::same}},
        {{4, 3, 5}, {.filters = 9, .kernel_height = 1, .kernel_width = 1}},
        {{4, 3, 2}, {.filters = 3, .kernel_height = 4, .kernel_width = 3}},
        // More patches than fit into one block of the implementation.
        {{40, 41, 3}, {.filters = 5, .kernel_height = 5, .kernel_width = 5, .pad = padding::same}},
        {{40, 41, 3}, {.filters = 5, .kernel_height = 5, .kernel_width = 5}},
    };
    for (const given& it : cases) {
        const network model({.input = it.input, .layers = {it.layer}, .objective = loss::mean_squared_error});
        const auto weights = random_values(model.parameter_count(), 1);
        const auto x = random_values(samples * it.input.size(), 2);
        check_close(outputs_of(model, weights, x), convolved(it.layer, it.input, model.output(), weights, x));
    }
}

// Rows of the frame are passed over: each sum must stay the same chain, though of one row of many terms.
BOOST_AUTO_TEST_CASE(conv2d_with_padding_has_the_bits_of_an_image_with_zeros_around) {
    constexpr std::size_t width = 5;
    constexpr std::size_t channels = 100;
    const network padded({.input = {1, width, channels},
                          .layers = {conv2d{.filters = 2, .pad = padding::same}},
                          .objective = loss::mean_squared_error});
    const network framed({.input = {3, width + 2, channels},
                          .layers = {conv2d{.filters = 2}},
                          .objective = loss::mean_squared_error});
    const auto weights = random_values(padded.parameter_count(), 1);
    const auto x = random_values(samples * padded.input().size(), 2);
    std::vector<float> framed_x(samples * framed.input().size());
    for (std::size_t sample = 0; sample < samples; ++sample) {
        std::copy_n(x.data() + sample * padded.input().size(), padded.input().size(),
                    framed_x.data() + (sample * 3 * (width + 2) + (width + 2) + 1) * channels);
    }
    BOOST_TEST(same_bits(outputs_of(padded, weights, x), outputs_of(framed, weights, framed_x)));
}

BOOST_AUTO_TEST_CASE(max_pool2d_leaves_the_border_out) {
    const shape in{7, 8, 3};
    const network model(
        {.input = in,
         .layers = {max_pool2d{3}, conv2d{.filters = 3, .kernel_height = 1, .kernel_width = 1}},
         .objective = loss::mean_squared_error});
    const std::vector<float> identity{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    const auto x = random_values(samples * in.size(), 2);
    std::vector<double> expected;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::size_t row = 0; row < 2; ++row) {
            for (std::size_t column = 0; column < 2; ++column) {
                for (std::size_t channel = 0; channel < 3; ++channel) {
                    double top = -2;
                    for (std::size_t i = 0; i < 9; ++i) {
                        const std::size_t pixel = (sample * 7 + row * 3 + i / 3) * 8 + column * 3 + i % 3;
                        top = std::max(top, double{x[pixel * 3 + channel]});
                    }
                    expected.push_back(top);
                }
            }
        }
    }
    check_close(outputs_of(model, identity, x), expected);
}

BOOST_AUTO_TEST_CASE(activations_are_what_they_are_called) {
    const std::vector<float> identity{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    const auto x = random_values(samples * 4, 5, 3.0F);
    const auto check = [&](activation act, auto function) {
        std::vector<double> expected(x.begin(), x.end());
        for (double& value : expected) {
            value = function(value);
        }
        const std::vector<std::vector<layer_spec>> ways{{dense{4, act}}, {dense{4}, activate{act}}};
        for (const auto& layers : ways) {
            const network model(
                {.input = {1, 1, 4}, .layers = layers, .objective = loss::mean_squared_error});
            check_close(outputs_of(model, identity, x), expected);
        }
    };
    check(activation::linear, [](double it) { return it; });
    check(activation::relu, [](double it) { return std::max(it, 0.0); });
    check(activation::tanh, [](double it) { return std::tanh(it); });
    check(activation::sigmoid, [](double it) { return 1 / (1 + std::exp(-it)); });
}

BOOST_AUTO_TEST_CASE(softmax_gives_probabilities_far_out_too) {
    const std::vector<float> identity{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    const std::vector<float> x{1, 2, 3, 1000, -1000, 999, -5000, -5000, -5000};
    const double sum = std::exp(-2) + std::exp(-1) + 1;
    const double e = std::exp(-1);
    const std::vector<double> expected{std::exp(-2) / sum, e / sum,   1 / sum,   1 / (1 + e), 0,
                                       e / (1 + e),        1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0};
    for (const loss objective : {loss::cross_entropy, loss::mean_squared_error}) {
        const std::vector<std::vector<layer_spec>> ways{{dense{3, activation::softmax}},
                                                        {dense{3}, activate{activation::softmax}}};
        for (const auto& layers : ways) {
            const network model({.input = {1, 1, 3}, .layers = layers, .objective = objective});
            check_close(outputs_of(model, identity, x), expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(losses_are_their_definitions) {
    const std::vector<float> identity{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    const std::vector<float> x{1, 2, 3, 1000, -1000, 999, 5, 4, 4};
    const std::vector<std::int32_t> labels{2, 1, 0};
    const double first = std::log(1 + std::exp(-1) + std::exp(-2));
    const double second = 2000 + std::log(1 + std::exp(-1));
    const double third = std::log(1 + 2 * std::exp(-1));

    const network entropy({.input = {1, 1, 3}, .layers = {dense{3, activation::softmax}}});
    const auto result = evaluator(entropy).evaluate(identity, x, labels, samples);
    BOOST_TEST(result.loss_sum == first + second + third, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(result.correct == 2U);

    const network squares({.input = {1, 1, 3}, .layers = {dense{3}}, .objective = loss::mean_squared_error});
    const std::vector<float> y{1, 2, 5, 1000, -1000, 996, 5, 5, 4};
    const auto values = evaluator(squares).evaluate(identity, x, y, samples);
    BOOST_TEST(values.loss_sum == (4.0 + 9.0 + 1.0) / 3, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(values.correct == 0U);
    const auto classes = evaluator(squares).evaluate(identity, std::vector<float>{1, 2, 3, 0, 1, 0, 5, 4, 4},
                                                     std::vector<std::int32_t>{2, 0, 0}, samples);
    BOOST_TEST(classes.loss_sum == (9.0 + 2.0 + 48.0) / 3, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(classes.correct == 2U);
}

BOOST_AUTO_TEST_CASE(relu_lets_nan_through) {
    const network model({.input = {1, 1, 1},
                         .layers = {dense{1, activation::relu}, activate{activation::relu}},
                         .objective = loss::mean_squared_error});
    const std::vector<float> x{1, std::numeric_limits<float>::quiet_NaN(), 2};
    const auto y = outputs_of(model, {1, 0}, x);
    BOOST_TEST(std::isnan(y[1]));
    BOOST_TEST(y[2] == 2);
}

BOOST_AUTO_TEST_SUITE_END()
