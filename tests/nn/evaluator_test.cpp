#include <fedasio/nn/aligned_floats.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

using namespace fedasio::nn;

namespace {

std::vector<float> predict(const network& model, std::size_t block, std::span<const float> weights,
                           std::span<const float> features) {
    const std::size_t samples = features.size() / model.input().size();
    std::vector<float> outputs(samples * model.output().size());
    evaluator(model, block).predict(weights, features, outputs, samples);
    return outputs;
}

std::vector<model_spec> models() {
    return {
        {.input = {1, 1, 784},
         .layers = {dense{200, activation::relu}, dense{33, activation::tanh},
                    dense{10, activation::softmax}}},
        {.input = {1, 1, 3}, .layers = {dense{5, activation::sigmoid}, dense{2, activation::softmax}}},
        {.input = {1, 1, 3},
         .layers = {dense{5, activation::sigmoid}},
         .objective = loss::mean_squared_error},
        {.input = {1, 1, 3}, .layers = {dense{5, activation::softmax}}},
        {.input = {1, 1, 70}, .layers = {dense{1, activation::tanh}}, .objective = loss::mean_squared_error},
        {.input = {13, 11, 3},
         .layers = {conv2d{.filters = 7, .pad = padding::same, .act = activation::tanh}, max_pool2d{2},
                    dropout{0.5F}, conv2d{.filters = 35, .act = activation::sigmoid}, flatten{},
                    dense{3, activation::softmax}}},
        {.input = {13, 11, 3},
         .layers = {conv2d{.filters = 12, .pad = padding::same, .stride = 2}, group_norm{4}, avg_pool2d{2},
                    conv2d{.filters = 34, .kernel_height = 1, .kernel_width = 1, .stride = 3}, group_norm{1},
                    flatten{}, group_norm{2}, dense{3, activation::softmax}}},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(a_sample_does_not_depend_on_its_neighbours) {
    for (const model_spec& spec : models()) {
        const network model(spec);
        const std::size_t inputs = model.input().size();
        const std::size_t outputs = model.output().size();
        const auto weights = random_values(model.parameter_count(), 1, 0.3F);
        const auto x = random_values(inputs * 37, 2, 6.0F);
        const auto all = predict(model, 64, weights, x);
        for (const std::size_t block : {1U, 2U, 3U, 5U, 16U}) {
            const auto again = predict(model, block, weights, x);
            BOOST_TEST(std::memcmp(again.data(), all.data(), all.size() * sizeof(float)) == 0);
        }
        for (std::size_t first = 0; first < 37; ++first) {
            for (const std::size_t wanted : {1U, 3U, 4U, 6U}) {
                const std::size_t count = std::min(37 - first, wanted);
                const auto some =
                    predict(model, 64, weights, std::span(x).subspan(first * inputs, count * inputs));
                BOOST_TEST(
                    std::memcmp(some.data(), all.data() + first * outputs, some.size() * sizeof(float)) == 0);
            }
        }
        if (outputs > 1) {
            const auto labels = random_classes(37, static_cast<std::uint32_t>(outputs), 3);
            const batch_result one = evaluator(model, 1).evaluate(weights, x, labels, 37);
            const batch_result many = evaluator(model, 64).evaluate(weights, x, labels, 37);
            BOOST_TEST(one.loss_sum == many.loss_sum);
            BOOST_TEST(one.correct == many.correct);
        }
    }
}

BOOST_AUTO_TEST_CASE(weights_may_lie_anywhere) {
    for (const model_spec& spec : models()) {
        const network model(spec);
        const auto weights = random_values(model.parameter_count(), 1, 0.3F);
        const auto x = random_values(model.input().size() * 5, 2);
        aligned_floats room(weights.size() + 16);
        std::vector<float> first;
        for (std::size_t shift = 0; shift < 16; ++shift) {
            std::copy(weights.begin(), weights.end(), room.data() + shift);
            const auto outputs = predict(model, 8, room.span().subspan(shift, weights.size()), x);
            first = shift == 0 ? outputs : first;
            BOOST_TEST(std::memcmp(outputs.data(), first.data(), first.size() * sizeof(float)) == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(dropout_does_nothing) {
    const network with({.input = {1, 1, 6},
                        .layers = {dropout{0.9F}, dense{4}, dropout{0.9F}},
                        .objective = loss::mean_squared_error});
    const network without({.input = {1, 1, 6}, .layers = {dense{4}}, .objective = loss::mean_squared_error});
    const auto weights = random_values(28, 1);
    const auto x = random_values(18, 2);
    BOOST_TEST(predict(with, 4, weights, x) == predict(without, 4, weights, x),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit) {
    const network model({.input = {1, 1, 2}, .layers = {dense{3, activation::softmax}}});
    BOOST_CHECK_THROW(evaluator(model, 0), std::invalid_argument);
    evaluator evaluated(model, 2);
    const auto weights = random_values(9, 1);
    const std::vector<float> x{1, 2, 3, 4};
    const std::vector<std::int32_t> labels{0, 2};
    BOOST_CHECK_THROW(evaluated.evaluate(std::span(weights).first(8), x, labels, 2), std::invalid_argument);
    BOOST_CHECK_THROW(evaluated.evaluate(weights, x, labels, 3), std::invalid_argument);
    BOOST_CHECK_THROW(evaluated.evaluate(weights, x, std::vector<std::int32_t>{0, 3}, 2),
                      std::invalid_argument);
    BOOST_CHECK_THROW(evaluated.evaluate(weights, x, std::vector<std::int32_t>{0, -1}, 2),
                      std::invalid_argument);
    BOOST_CHECK_THROW(evaluated.evaluate(weights, x, std::vector<float>(6), 2), std::invalid_argument);
    std::vector<float> outputs(5);
    BOOST_CHECK_THROW(evaluated.predict(weights, x, outputs, 2), std::invalid_argument);
    BOOST_TEST(evaluated.evaluate(weights, {}, std::span<const std::int32_t>(), 0).loss_sum == 0.0);
    BOOST_CHECK_NO_THROW(evaluated.evaluate(weights, x, labels, 2));
}

BOOST_AUTO_TEST_SUITE_END()
