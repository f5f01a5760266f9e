// Steps of a model of one weight and one bias against its optimiser's formulas, by hand and in double.

#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace fedasio::nn;

namespace {

const fedasio::random_stream no_masks(0, fedasio::purpose::dropout);

network line() {
    return network({.input = {1, 1, 1}, .layers = {dense{1}}, .objective = loss::mean_squared_error});
}

/// y = w[0] x + w[1], loss (y - t)^2, x = 2, t = 0.5.
std::array<double, 2> slope_of(const std::array<double, 2>& w) {
    const double error = 2 * (w[0] * 2 + w[1] - 0.5);
    return {error * 2, error};
}

template <class Step>
void check_steps(const optimizer_spec& spec, Step step) {
    trainer trained(line(), spec, 1);
    const std::vector<float> start{0.7F, -0.3F};
    const std::vector<float> x{2.0F};
    const std::vector<float> t{0.5F};
    for (int client = 0; client < 2; ++client) {
        trained.begin(start, no_masks);
        std::array<double, 2> w{0.7, -0.3};
        std::array<std::array<double, 2>, 2> moments{};
        for (int count = 1; count <= 5; ++count) {
            trained.step(x, t, 1);
            auto slope = slope_of(w);
            for (std::size_t i = 0; i < 2; ++i) {
                slope[i] += double{spec.weight_decay} * w[i] + double{spec.proximal} * (w[i] - start[i]);
                w[i] -= step(slope[i], moments[i], count);
                BOOST_TEST(std::abs(trained.weights()[i] - w[i]) < 2e-6,
                           "client " << client << " step " << count);
            }
        }
    }
}

void check_sgd(const optimizer_spec& spec) {
    check_steps(spec, [&](double slope, std::array<double, 2>& moments, int) {
        moments[0] = double{spec.momentum} * moments[0] + slope;
        return double{spec.learning_rate} * moments[0];
    });
}

void check_adam(const optimizer_spec& spec) {
    check_steps(spec, [&](double slope, std::array<double, 2>& moments, int count) {
        const double beta1 = spec.beta1;
        const double beta2 = spec.beta2;
        moments[0] = beta1 * moments[0] + (1 - beta1) * slope;
        moments[1] = beta2 * moments[1] + (1 - beta2) * slope * slope;
        const double first = moments[0] / (1 - std::pow(beta1, count));
        const double second = moments[1] / (1 - std::pow(beta2, count));
        return double{spec.learning_rate} * first / (std::sqrt(second) + double{spec.epsilon});
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(optimizer_steps)

BOOST_AUTO_TEST_CASE(of_sgd) {
    check_sgd({.learning_rate = 0.03F});
    check_sgd({.learning_rate = 0.03F, .weight_decay = 0.2F});
    check_sgd({.learning_rate = 0.03F, .proximal = 0.5F});
    check_sgd({.learning_rate = 0.02F, .momentum = 0.8F});
    check_sgd({.learning_rate = 0.02F, .momentum = 0.8F, .weight_decay = 0.3F, .proximal = 0.7F});
}

BOOST_AUTO_TEST_CASE(of_adam) {
    const auto adam = optimizer_spec::kind::adam;
    check_adam({.type = adam, .learning_rate = 0.02F});
    check_adam({.type = adam, .learning_rate = 0.02F, .weight_decay = 0.3F});
    check_adam({.type = adam, .learning_rate = 0.05F, .beta1 = 0.5F, .beta2 = 0.7F, .epsilon = 0.5F});
    check_adam({.type = adam, .learning_rate = 0.05F, .beta1 = 0.0F, .beta2 = 0.9F, .proximal = 0.7F});
}

BOOST_AUTO_TEST_CASE(refuses_numbers_out_of_range) {
    const auto refused = [](const optimizer_spec& spec, const std::string& name) {
        const auto names_it = [&](const std::invalid_argument& error) {
            return std::string(error.what()).find(name) != std::string::npos;
        };
        BOOST_CHECK_EXCEPTION(trainer(line(), spec, 1), std::invalid_argument, names_it);
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float wrong : {-1.0F, 0.0F, nan, infinity}) {
        refused({.learning_rate = wrong}, "learning_rate");
        refused({.epsilon = wrong}, "epsilon");
    }
    for (const float wrong : {-0.1F, 1.0F, nan}) {
        refused({.momentum = wrong}, "momentum");
        refused({.beta1 = wrong}, "beta1");
        refused({.beta2 = wrong}, "beta2");
    }
    for (const float wrong : {-0.1F, nan, infinity}) {
        refused({.weight_decay = wrong}, "weight_decay");
        refused({.proximal = wrong}, "proximal");
    }
}

BOOST_AUTO_TEST_SUITE_END()
