#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include "same_bits.hpp"
#include <cmath>
#include <stdexcept>
#include <vector>

using namespace fedasio::nn;

namespace {

fedasio::random_stream masks(std::uint64_t seed) {
    return {seed, fedasio::purpose::dropout};
}

constexpr std::size_t pixels = 81;

network small_cnn() {
    return network(
        {.input = {9, 9, 1},
         .layers = {conv2d{.filters = 5, .act = activation::relu}, max_pool2d{2}, dropout{0.3F},
                    conv2d{.filters = 6, .kernel_height = 2, .kernel_width = 2, .act = activation::relu},
                    flatten{}, dense{11, activation::tanh}, dropout{0.3F}, dense{3, activation::softmax}}});
}

network normalised_cnn() {
    return network({.input = {9, 9, 1},
                    .layers = {conv2d{.filters = 6, .pad = padding::same, .stride = 2}, group_norm{3},
                               activate{activation::relu}, avg_pool2d{2}, dropout{0.3F}, flatten{},
                               group_norm{2}, dense{3, activation::softmax}}});
}

/// Same seeds, same bits; whatever was trained before and whatever max_batch is.
void check_bits(const network& model) {
    const auto weights = random_values(model.parameter_count(), 1, 0.3F);
    const auto x = random_values(pixels * 16, 2);
    const auto labels = random_classes(16, 3, 3);
    const optimizer_spec spec{.learning_rate = 0.05F, .momentum = 0.9F};
    const auto run = [&](trainer& trained, std::uint64_t seed) {
        trained.begin(weights, masks(seed));
        for (std::size_t size : {16U, 7U, 1U, 16U, 10U}) {
            trained.step(std::span(x).first(pixels * size), std::span(labels).first(size), size);
        }
        return copy_of(trained.weights());
    };
    trainer one(model, spec, 16);
    const auto first = run(one, 1);
    const auto other = run(one, 2);
    BOOST_TEST(!same_bits(first, other)); // the masks matter
    BOOST_TEST(same_bits(run(one, 1), first));
    trainer larger(model, spec, 61);
    BOOST_TEST(same_bits(run(larger, 1), first));
    trainer moved(std::move(larger));
    BOOST_TEST(same_bits(run(moved, 1), first));
}

} // namespace

BOOST_AUTO_TEST_SUITE(training)

BOOST_AUTO_TEST_CASE(learns_xor) {
    const std::vector<float> x{0, 0, 0, 1, 1, 0, 1, 1};
    const std::vector<std::int32_t> labels{0, 1, 1, 0};
    const network model(
        {.input = {1, 1, 2}, .layers = {dense{8, activation::tanh}, dense{2, activation::softmax}}});
    const optimizer_spec sgd{.learning_rate = 0.5F, .momentum = 0.9F};
    const optimizer_spec adam{.type = optimizer_spec::kind::adam, .learning_rate = 0.05F};
    for (const optimizer_spec& spec : {sgd, adam}) {
        std::vector<float> weights(model.parameter_count());
        model.initialise(weights, 1);
        trainer trained(model, spec, 4);
        trained.begin(weights, masks(1));
        for (int i = 0; i < 300; ++i) {
            trained.step(x, labels, 4);
        }
        const batch_result result = evaluator(model).evaluate(trained.weights(), x, labels, 4);
        BOOST_TEST(result.correct == 4U);
        BOOST_TEST(result.loss_sum < 0.1);
    }
}

BOOST_AUTO_TEST_CASE(learns_where_a_bar_lies_with_convolutions) {
    fedasio::random_stream stream(1, fedasio::purpose::partition);
    std::vector<float> x;
    std::vector<std::int32_t> labels;
    for (int sample = 0; sample < 48; ++sample) {
        std::vector<float> image(pixels);
        const bool is_column = sample % 2 == 1;
        const std::uint32_t line = stream.below(8);
        for (std::uint32_t i = 0; i < 9; ++i) {
            image[is_column ? i * 9 + line : line * 9 + i] = 1.0F;
        }
        x.insert(x.end(), image.begin(), image.end());
        labels.push_back(is_column ? 1 : 0);
    }
    const network model = small_cnn();
    std::vector<float> weights(model.parameter_count());
    model.initialise(weights, 1);
    trainer trained(model, {.type = optimizer_spec::kind::adam, .learning_rate = 0.01F}, 48);
    trained.begin(weights, masks(1));
    for (int i = 0; i < 150; ++i) {
        trained.step(x, labels, 48);
    }
    BOOST_TEST(evaluator(model).evaluate(trained.weights(), x, labels, 48).correct == 48U);
}

BOOST_AUTO_TEST_CASE(same_seeds_give_the_same_bits) {
    check_bits(small_cnn());
    check_bits(normalised_cnn());
}

BOOST_AUTO_TEST_CASE(where_the_features_lie_changes_nothing) {
    const network model = small_cnn();
    const auto weights = random_values(model.parameter_count(), 1, 0.3F);
    const auto labels = random_classes(6, 3, 3);
    trainer trained(model, {.learning_rate = 0.05F}, 6);
    std::vector<float> first;
    for (std::size_t shift = 0; shift < 16; ++shift) {
        std::vector<float> x(shift);
        const auto values = random_values(pixels * 6, 2);
        x.insert(x.end(), values.begin(), values.end());
        trained.begin(weights, masks(1));
        trained.step(std::span(x).subspan(shift), labels, 6);
        first = shift == 0 ? copy_of(trained.weights()) : first;
        BOOST_TEST(same_bits(trained.weights(), first));
    }
}

BOOST_AUTO_TEST_CASE(a_step_tells_loss_and_hits_before_it) {
    const network model(
        {.input = {1, 1, 6}, .layers = {dense{9, activation::relu}, dense{4, activation::softmax}}});
    const auto weights = random_values(model.parameter_count(), 1);
    const auto x = random_values(42, 2);
    const auto labels = random_classes(7, 4, 3);
    trainer trained(model, {}, 20);
    trained.begin(weights, masks(1));
    const batch_result before = evaluator(model).evaluate(weights, x, labels, 7);
    const batch_result step = trained.step(x, labels, 7);
    BOOST_TEST(step.loss_sum == before.loss_sum, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(step.correct == before.correct);
    BOOST_TEST(before.correct < 7U);
    BOOST_TEST(evaluator(model).evaluate(trained.weights(), x, labels, 7).loss_sum < before.loss_sum);
}

BOOST_AUTO_TEST_CASE(dropout_keeps_its_share_and_the_mean) {
    const std::size_t width = 20000;
    const network model(
        {.input = {1, 1, width}, .layers = {dropout{0.2F}, dense{1}}, .objective = loss::mean_squared_error});
    std::vector<float> weights(width + 1);
    const std::vector<float> x(width, 1.0F);
    const std::vector<float> target{-0.5F};
    trainer trained(model, {.learning_rate = 1.0F}, 1);
    trained.begin(weights, masks(7));
    trained.step(x, target, 1);
    // With all weights 0 the error is 0.5 and each weight's gradient is its input behind the mask: 0 or 1 /
    // 0.8.
    std::size_t dropped = 0;
    std::size_t dropped_pairs = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const float step = -trained.weights()[i];
        BOOST_REQUIRE((step == 0.0F || std::abs(step - 1.25F) < 1e-6F));
        dropped += step == 0.0F ? 1U : 0U;
        dropped_pairs += i % 2 == 1 && step == 0.0F && trained.weights()[i - 1] == 0.0F ? 1U : 0U;
    }
    BOOST_TEST(std::abs(static_cast<double>(dropped) - 4000.0) < 4 * std::sqrt(20000 * 0.2 * 0.8));
    BOOST_TEST(std::abs(static_cast<double>(dropped_pairs) - 400.0) < 4 * std::sqrt(10000 * 0.04 * 0.96));
}

BOOST_AUTO_TEST_CASE(moments_that_fade_do_not_become_slow_denormals) {
    const network model({.input = {1, 1, 1}, .layers = {dense{1}}, .objective = loss::mean_squared_error});
    trainer trained(model, {.learning_rate = 1e-3F, .momentum = 0.5F}, 1);
    const std::vector<float> tiny{1e-38F};
    trained.begin(std::vector<float>{0.0F, 0.0F}, masks(1));
    // The kernel's gradient is 2 * 1e-38, its step 2e-41.
    trained.step(tiny, std::vector<float>{-1.0F}, 1);
    BOOST_TEST(trained.weights()[0] == 0.0F);
    volatile float small = 1e-38F;
    small = small / 16;
    BOOST_TEST((small > 0.0F)); // the caller's own arithmetic is as it was
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit_and_keeps_the_weights) {
    const network model({.input = {1, 1, 2}, .layers = {dense{3, activation::softmax}}});
    BOOST_CHECK_THROW(trainer(model, {}, 0), std::invalid_argument);
    trainer trained(model, {}, 2);
    const std::vector<float> x{1, 2, 3, 4};
    const std::vector<std::int32_t> labels{0, 2};
    BOOST_CHECK_THROW(trained.step(x, labels, 2), std::logic_error);
    BOOST_CHECK_THROW(trained.begin(std::vector<float>(8), masks(1)), std::invalid_argument);
    const auto weights = random_values(9, 1);
    trained.begin(weights, masks(1));
    const auto refused = [&](const std::vector<float>& features, const targets& expected, std::size_t batch) {
        BOOST_CHECK_THROW(trained.step(features, expected, batch), std::invalid_argument);
    };
    refused({}, std::span<const std::int32_t>(), 0);
    refused({1, 2, 3, 4, 5, 6}, std::vector<std::int32_t>{0, 1, 2}, 3);
    refused({1, 2, 3}, labels, 2);
    refused(x, std::vector<std::int32_t>{0}, 2);
    refused(x, std::vector<std::int32_t>{0, 3}, 2);
    refused(x, std::vector<std::int32_t>{-1, 0}, 2);
    refused(x, std::vector<float>{0, 0, 1, 0, 0, 1}, 2);
    BOOST_TEST(same_bits(trained.weights(), weights));
    trained.step(x, labels, 2);
    BOOST_TEST(!same_bits(trained.weights(), weights));

    const network squares({.input = {1, 1, 2}, .layers = {dense{3}}, .objective = loss::mean_squared_error});
    trainer values(squares, {}, 2);
    values.begin(weights, masks(1));
    BOOST_CHECK_THROW(values.step(x, std::vector<float>{1, 2, 3}, 2), std::invalid_argument);
    BOOST_CHECK_THROW(values.step(x, std::vector<std::int32_t>{0, 3}, 2), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
