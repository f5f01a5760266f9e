// Gradients against central differences. A layer is put behind another one that learns: that one's gradient
// is right only if the layer hands the gradient by its inputs on.

#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include "same_bits.hpp"
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nn/layer_kernel.hpp>
#include <nn/optimizer.hpp>
#include <string>
#include <vector>

using namespace fedasio::nn;

namespace {

constexpr std::size_t batch = 5;

class gradient_check {
public:
    explicit gradient_check(const network& model)
        : model_(model), trained_(model, {.learning_rate = rate}, batch + 3),
          weights_(random_values(model.parameter_count(), 11, 0.6F)),
          features_(random_values(batch * model.input().size(), 12)) {}

    void run(const targets& expected) {
        trained_.begin(weights_, masks_);
        trained_.step(features_, expected, batch);
        std::vector<double> found(weights_.size());
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            found[i] = (double{weights_[i]} - trained_.weights()[i]) / rate;
        }
        for (const parameter& array : model_.parameters()) {
            double largest = 0;
            double worst = 0;
            for (std::size_t i = array.offset; i < array.offset + array.size; ++i) {
                // Where a maximum changes its place within one step, the other step finds the slope.
                const double slope = slope_at(i, 2e-3F, expected);
                const double close_by = slope_at(i, 2.5e-4F, expected);
                largest = std::max(largest, std::abs(slope));
                worst = std::max(worst, std::min(std::abs(slope - found[i]), std::abs(close_by - found[i])));
            }
            BOOST_TEST(largest > 1e-3, array.name << ": the gradient is too flat to check");
            BOOST_TEST(worst < 0.01 * largest + 1e-4, array.name << " is off by " << worst << " of "
                                                                 << largest << " in\n"
                                                                 << model_.summary());
        }
    }

private:
    double loss_with(std::size_t index, float weight, const targets& expected) {
        const float kept = std::exchange(weights_[index], weight);
        trained_.begin(weights_, masks_);
        const double sum = trained_.step(features_, expected, batch).loss_sum;
        weights_[index] = kept;
        return sum / batch;
    }

    double slope_at(std::size_t index, float step, const targets& expected) {
        const float above = weights_[index] + step;
        const float below = weights_[index] - step;
        return (loss_with(index, above, expected) - loss_with(index, below, expected)) /
               (double{above} - below);
    }

    // So large that subtracting the weights gives the gradient in all its digits.
    static constexpr float rate = 1024.0F;

    network model_;
    trainer trained_;
    std::vector<float> weights_;
    std::vector<float> features_;
    fedasio::random_stream masks_{13, fedasio::purpose::dropout};
};

/// Both losses, both kinds of targets, behind a layer that makes the outputs flat.
void check_gradients(const shape& input, const std::vector<layer_spec>& layers) {
    auto ends = layers;
    ends.emplace_back(flatten{});
    ends.emplace_back(dense{3, activation::softmax});
    const auto labels = random_classes(batch, 3, 14);
    gradient_check(network({.input = input, .layers = ends})).run(labels);
    const network squares({.input = input, .layers = layers, .objective = loss::mean_squared_error});
    gradient_check(squares).run(random_values(batch * squares.output().size(), 15));
}

} // namespace

BOOST_AUTO_TEST_SUITE(gradient)

BOOST_AUTO_TEST_CASE(of_dense_with_each_activation) {
    for (const activation act :
         {activation::linear, activation::relu, activation::tanh, activation::sigmoid}) {
        check_gradients({1, 1, 4}, {dense{6, activation::tanh}, dense{5, act}});
        check_gradients({1, 1, 4}, {dense{6}, activate{act}, dense{5}});
        check_gradients({1, 1, 4}, {dense{6, activation::tanh}, activate{act}, activate{activation::tanh}});
    }
}

BOOST_AUTO_TEST_CASE(of_wide_dense_layers) {
    check_gradients({1, 1, 33}, {dense{41, activation::tanh}, dense{1, activation::tanh}, dense{17}});
}

BOOST_AUTO_TEST_CASE(of_softmax_under_both_losses) {
    const auto labels = random_classes(batch, 4, 14);
    for (const loss objective : {loss::cross_entropy, loss::mean_squared_error}) {
        const std::vector<std::vector<layer_spec>> ends{{dense{4, activation::softmax}},
                                                        {dense{4}, activate{activation::softmax}}};
        for (const auto& end : ends) {
            std::vector<layer_spec> layers{dense{6, activation::tanh}};
            layers.insert(layers.end(), end.begin(), end.end());
            gradient_check(network({.input = {1, 1, 3}, .layers = layers, .objective = objective}))
                .run(labels);
        }
    }
}

BOOST_AUTO_TEST_CASE(of_mean_squared_error_against_classes) {
    const network model({.input = {1, 1, 3},
                         .layers = {dense{4, activation::sigmoid}},
                         .objective = loss::mean_squared_error});
    gradient_check(model).run(random_classes(batch, 4, 14));
}

BOOST_AUTO_TEST_CASE(of_conv2d) {
    const conv2d first{.filters = 3, .kernel_height = 2, .kernel_width = 2, .act = activation::tanh};
    for (const padding pad : {padding::valid, padding::same}) {
        for (const auto& [height, width] : {std::pair{3U, 3U}, {2U, 2U}, {4U, 1U}, {1U, 5U}, {2U, 3U}}) {
            check_gradients({6, 7, 2},
                            {first, conv2d{2, height, width, pad, activation::sigmoid, initializer::he}});
        }
    }
    check_gradients({3, 2, 1}, {conv2d{2, 5, 4, padding::same, activation::tanh, initializer::he},
                                conv2d{3, 4, 5, padding::same, activation::relu, initializer::he}});
}

BOOST_AUTO_TEST_CASE(of_conv2d_over_several_blocks) {
    const conv2d pointwise{2, 1, 1, padding::valid, activation::tanh, initializer::he};
    const conv2d wide{2, 5, 5, padding::same, activation::tanh, initializer::he};
    const network model(
        {.input = {10, 11, 1},
         .layers = {pointwise, conv2d{24, 1, 1, padding::valid, activation::tanh, initializer::he}, wide},
         .objective = loss::mean_squared_error});
    gradient_check(model).run(random_values(batch * model.output().size(), 15));
}

BOOST_AUTO_TEST_CASE(of_max_pool2d) {
    const conv2d first{.filters = 3, .kernel_height = 2, .kernel_width = 2, .act = activation::tanh};
    check_gradients({7, 5, 1}, {first, max_pool2d{2}});
    check_gradients({8, 6, 1}, {first, max_pool2d{2}}); // 7x5: a row and a column are left out
    check_gradients({8, 8, 1},
                    {first, max_pool2d{3}, conv2d{.filters = 2, .kernel_height = 1, .kernel_width = 2}});
    check_gradients({5, 5, 1}, {first, max_pool2d{1}});
}

BOOST_AUTO_TEST_CASE(of_conv2d_with_strides) {
    const conv2d first{.filters = 3, .kernel_height = 2, .kernel_width = 2, .act = activation::tanh};
    for (const padding pad : {padding::valid, padding::same}) {
        for (const auto& [height, width, stride] :
             {std::tuple{3U, 3U, 2U}, {1U, 1U, 2U}, {2U, 3U, 3U}, {5U, 1U, 2U}, {1U, 2U, 4U}}) {
            check_gradients({8, 9, 2}, {first, conv2d{2, height, width, pad, activation::sigmoid,
                                                      initializer::he, stride}});
        }
    }
}

BOOST_AUTO_TEST_CASE(of_avg_pool2d) {
    const conv2d first{.filters = 3, .kernel_height = 2, .kernel_width = 2, .act = activation::tanh};
    check_gradients({7, 5, 1}, {first, avg_pool2d{2}});
    check_gradients({8, 6, 1}, {first, avg_pool2d{2}}); // 7x5: a row and a column are left out
    check_gradients({5, 5, 1}, {first, avg_pool2d{4}});
}

BOOST_AUTO_TEST_CASE(of_group_norm) {
    const conv2d first{.filters = 6, .kernel_height = 2, .kernel_width = 2, .act = activation::tanh};
    for (const std::uint32_t groups : {1U, 2U, 3U, 6U}) {
        check_gradients({5, 4, 2}, {first, group_norm{groups}, activate{activation::tanh}});
    }
    check_gradients({1, 1, 4}, {group_norm{2}, dense{8, activation::tanh}, group_norm{2, 0.1F}, dense{5}});
}

BOOST_AUTO_TEST_CASE(of_dropout_with_a_mask_that_repeats) {
    check_gradients({1, 1, 4},
                    {dense{9, activation::tanh}, dropout{0.3F}, dense{5, activation::tanh}, dropout{0.5F}});
    check_gradients({4, 4, 1}, {conv2d{.filters = 3, .act = activation::sigmoid}, dropout{0.25F}});
}

BOOST_AUTO_TEST_CASE(skips_what_lies_before_the_first_layer_that_learns) {
    check_gradients({6, 6, 2}, {max_pool2d{2}, dropout{0.2F}, activate{activation::tanh},
                                conv2d{.filters = 2, .kernel_height = 2, .act = activation::tanh}});
}

namespace {

/// The gradient by the inputs of one convolution.
std::vector<float> inputs_gradient(const network& model, std::span<const float> weights,
                                   std::span<const float> x, std::span<const float> gradient) {
    fedasio::random_stream masks(13, fedasio::purpose::dropout); // without it there is no backward pass
    const auto stages = make_stages(model, 1, &masks);
    optimizer own({}, model);
    training_pass pass;
    pass.weights = weights;
    own.begin(pass);
    own.begin_step();
    aligned_floats y(gradient.size());
    aligned_floats dy(gradient.size());
    aligned_floats dx(x.size());
    std::ranges::copy(gradient, dy.data());
    stages[0].kernel->forward(own.weights().data(), x.data(), y.data(), 1);
    stages[0].kernel->backward({own, 0}, x.data(), y.data(), dy.data(), dx.data(), 1);
    return copy_of(dx.span());
}

} // namespace

// A row of the image that one row of the kernel meets is a product of many terms in one row: its sum must be
// the chain that it is where more rows meet it, be they of zeros.
BOOST_AUTO_TEST_CASE(of_an_image_has_the_bits_that_more_rows_of_zeros_give) {
    constexpr std::size_t row = 5 * 2;
    constexpr std::size_t filters = 100; // 300 terms a row of the kernel
    const network model({.input = {4, 5, 2},
                         .layers = {conv2d{.filters = filters, .kernel_height = 3, .kernel_width = 3}},
                         .objective = loss::mean_squared_error});
    const network taller({.input = {5, 5, 2},
                          .layers = {conv2d{.filters = filters, .kernel_height = 4, .kernel_width = 3}},
                          .objective = loss::mean_squared_error});
    const auto weights = random_values(model.parameter_count(), 1);
    std::vector<float> more(taller.parameter_count());
    std::ranges::copy(weights, more.end() - static_cast<std::ptrdiff_t>(weights.size()));
    const auto x = random_values(model.input().size(), 2);
    const auto dy = random_values(model.output().size(), 3);
    BOOST_REQUIRE(model.output().size() == taller.output().size());
    const auto found = inputs_gradient(model, weights, x, dy);
    const auto expected = inputs_gradient(taller, more, random_values(taller.input().size(), 2), dy);
    BOOST_TEST(same_bits(found, std::span(expected).subspan(row)));
}

BOOST_AUTO_TEST_SUITE_END()
