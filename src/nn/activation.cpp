#include <fedasio/nn/aligned_floats.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <nn/activation.hpp>

namespace fedasio::nn {

namespace {

using array_view = Eigen::Map<Eigen::ArrayXf, Eigen::Aligned32>;
using const_array_view = Eigen::Map<const Eigen::ArrayXf, Eigen::Aligned32>;

[[nodiscard]] std::size_t whole_lines(std::size_t size) {
    constexpr std::size_t line = aligned_floats::alignment / sizeof(float);
    return (size + line - 1) / line * line;
}

void softmax(float* y, std::size_t features, std::size_t samples) {
    for (std::size_t sample = 0; sample < samples; ++sample) {
        float* values = y + sample * features;
        const float top = *std::max_element(values, values + features);
        for (std::size_t i = 0; i < features; ++i) {
            values[i] -= top;
        }
    }
    array_view all(y, static_cast<Eigen::Index>(whole_lines(features * samples)));
    all = all.exp();
    for (std::size_t sample = 0; sample < samples; ++sample) {
        float* values = y + sample * features;
        float sum = 0.0F;
        for (std::size_t i = 0; i < features; ++i) {
            sum += values[i];
        }
        for (std::size_t i = 0; i < features; ++i) {
            values[i] /= sum;
        }
    }
}

// The Jacobian of softmax: dz_i = y_i (dy_i - sum_j y_j dy_j).
void backpropagate_softmax(const float* y, float* dy, std::size_t features, std::size_t samples) {
    for (std::size_t first = 0; first < features * samples; first += features) {
        float product = 0.0F;
        for (std::size_t i = first; i < first + features; ++i) {
            product += y[i] * dy[i];
        }
        for (std::size_t i = first; i < first + features; ++i) {
            dy[i] = y[i] * (dy[i] - product);
        }
    }
}

} // namespace

void apply(activation act, float* y, std::size_t features, std::size_t samples) {
    const std::size_t size = whole_lines(features * samples);
    array_view all(y, static_cast<Eigen::Index>(size));
    switch (act) {
    case activation::linear:
        return;
    case activation::relu:
        // Written so that NaN stays NaN: weights gone astray must not look healthy.
        for (std::size_t i = 0; i < size; ++i) {
            y[i] = y[i] < 0.0F ? 0.0F : y[i];
        }
        return;
    case activation::tanh:
        all = all.tanh();
        return;
    case activation::sigmoid:
        all = all.logistic();
        return;
    case activation::softmax:
        softmax(y, features, samples);
        return;
    }
}

void backpropagate(activation act, const float* y, float* dy, std::size_t features, std::size_t samples) {
    const std::size_t size = whole_lines(features * samples);
    const const_array_view outputs(y, static_cast<Eigen::Index>(size));
    array_view gradient(dy, static_cast<Eigen::Index>(size));
    switch (act) {
    case activation::linear:
        return;
    case activation::relu:
        for (std::size_t i = 0; i < size; ++i) {
            dy[i] = y[i] > 0.0F ? dy[i] : 0.0F;
        }
        return;
    case activation::tanh:
        gradient *= 1.0F - outputs.square();
        return;
    case activation::sigmoid:
        gradient *= outputs * (1.0F - outputs);
        return;
    case activation::softmax:
        backpropagate_softmax(y, dy, features, samples);
        return;
    }
}

} // namespace fedasio::nn
