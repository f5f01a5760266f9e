#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <nn/abreast_convolution.hpp>
#include <nn/activation.hpp>
#include <nn/bias.hpp>
#include <nn/convolution_geometry.hpp>
#include <nn/convolution_pass.hpp>
#include <nn/framed_convolution.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/product.hpp>
#include <optional>
#include <utility>

namespace fedasio::nn {

namespace {

/// The gradient of the weights: products that walk over each image in its frame, of which whole rows of zeros
/// are passed over: they would change no sum.
class kernel_gradient {
public:
    kernel_gradient(const conv2d& spec, const layer_layout& layer)
        : it_(geometry_of(spec, layer)), frame_(it_) {}

    /// Adds to a gradient [kernel_height][kernel_width][channels][filters], a row of the kernel at a time.
    void add(const float* image, const float* delta, float* gradient) {
        const std::size_t filters = it_.to.channels;
        const std::size_t kernel_row = it_.kernel_width * it_.from.channels;
        image = frame_.put(image);
        for (std::size_t row = 0; row < it_.kernel_height; ++row, gradient += kernel_row * filters) {
            const auto used = output_rows_of(row);
            compute({.rows = filters,
                     .columns = kernel_row,
                     .outer = used.count,
                     .inner = it_.to.width,
                     .a = delta + used.first * it_.to.width * filters,
                     .a_step = filters,
                     .b = image + (row + used.first * it_.stride) * frame_.row(),
                     .b_outer = it_.stride * frame_.row(),
                     .b_inner = it_.stride * it_.from.channels,
                     .b_column = 1,
                     .c = gradient,
                     .c_column = filters,
                     .start = gradient,
                     .start_column = filters,
                     .is_one_chain = it_.to.height > 1});
        }
    }

private:
    /// Those for which a row of the kernel meets the image.
    [[nodiscard]] steps output_rows_of(std::size_t kernel_row) const {
        const auto places = (it_.to.height - 1) * it_.stride + 1;
        const auto met = meeting(kernel_row, places, it_.top, it_.top + it_.from.height);
        const auto first = (met.first + it_.stride - 1) / it_.stride;
        const auto end = (met.first + met.count + it_.stride - 1) / it_.stride;
        return {first, end - first};
    }

    convolution_geometry it_;
    image_frame frame_;
};

/// A convolution in the way that is the fastest for the number of samples; the bits are the same.
class fastest_convolution {
public:
    static fastest_convolution forward(const conv2d& spec, const layer_layout& layer) {
        return {convolution_pass::forward(spec, layer), abreast_convolution::forward(spec, layer),
                framed_convolution::forward(spec, layer)};
    }

    static fastest_convolution backward(const conv2d& spec, const layer_layout& layer) {
        return {convolution_pass::backward(spec, layer), abreast_convolution::backward(spec, layer),
                framed_convolution::backward(spec, layer)};
    }

    void compute(const float* weights, const convolution_ending& end, const float* x, float* y,
                 std::size_t samples) {
        if (framed_ && samples <= framed_convolution::most_samples) {
            framed_->compute(weights, end, x, y, samples);
            return;
        }
        const std::size_t done = abreast_ ? abreast_->compute(weights, end, x, y, samples) : 0;
        pass_.compute(weights, end, x, y, done, samples - done);
    }

private:
    fastest_convolution(convolution_pass pass, const std::optional<convolution_geometry>& abreast,
                        const std::optional<convolution_geometry>& framed)
        : pass_(std::move(pass)) {
        if (abreast) {
            abreast_.emplace(*abreast);
        }
        if (framed) {
            framed_.emplace(*framed);
        }
    }

    convolution_pass pass_;
    std::optional<abreast_convolution> abreast_;
    std::optional<framed_convolution> framed_;
};

/// What a backward pass needs besides.
struct backward_memory {
    backward_memory(const conv2d& spec, const layer_layout& layer)
        : inputs(fastest_convolution::backward(spec, layer)), weights(spec, layer), turned(layer.size),
          gradient(layer.size) {}

    fastest_convolution inputs;
    kernel_gradient weights;
    aligned_floats turned; ///< the kernel
    aligned_floats gradient;
};

/// Weights [kernel_height][kernel_width][channels][filters], then the bias [filters].
class conv2d_kernel final : public layer_kernel {
public:
    conv2d_kernel(const conv2d& spec, const layer_layout& layer, std::size_t max_samples,
                  bool is_before_pooling)
        : spec_(spec), layer_(layer), kernel_size_(layer.size - spec.filters),
          has_gradient_of_relu_(is_before_pooling && spec.act == activation::relu),
          forward_(fastest_convolution::forward(spec, layer)) {
        if (max_samples > 0) {
            backward_.emplace(spec, layer);
        }
    }

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        const convolution_ending end{.bias = weights + kernel_size_,
                                     .is_rectified = spec_.act == activation::relu};
        forward_.compute(weights, end, x, y, samples);
        if (spec_.act != activation::relu) {
            apply(spec_.act, y, spec_.filters, samples * pixels());
        }
    }

    void backward(const layer_weights& own, const float* x, const float* y, float* dy, float* dx,
                  std::size_t samples) override {
        if (!has_gradient_of_relu_) {
            backpropagate(spec_.act, y, dy, spec_.filters, samples * pixels());
        }
        if (dx != nullptr) {
            differentiate_inputs(own.values(), dy, dx, samples);
        }
        if (own.learns(layer_.size)) {
            learn(own, x, dy, samples);
        }
    }

private:
    [[nodiscard]] std::size_t pixels() const {
        return std::size_t{layer_.output.height} * layer_.output.width;
    }

    void differentiate_inputs(const float* weights, const float* dy, float* dx, std::size_t samples) {
        float* turned = backward_->turned.data();
        convolution_pass::turn(spec_, layer_, weights, turned);
        backward_->inputs.compute(turned, {}, dy, dx, samples);
    }

    void learn(const layer_weights& own, const float* x, const float* dy, std::size_t samples) {
        aligned_floats& gradient = backward_->gradient;
        std::fill_n(gradient.data(), gradient.size(), 0.0F);
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const float* delta = dy + sample * layer_.output.size();
            backward_->weights.add(x + sample * layer_.input.size(), delta, gradient.data());
            add_bias_gradient(delta, gradient.data() + kernel_size_, spec_.filters, pixels());
        }
        own.step(0, gradient.span());
    }

    conv2d spec_;
    layer_layout layer_;
    std::size_t kernel_size_;   ///< weights without the bias
    bool has_gradient_of_relu_; ///< dy comes with it already
    fastest_convolution forward_;
    std::optional<backward_memory> backward_;
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const conv2d& spec, const layer_layout& layer,
                                          std::size_t max_samples, bool is_before_pooling) {
    return std::make_unique<conv2d_kernel>(spec, layer, max_samples, is_before_pooling);
}

} // namespace fedasio::nn
