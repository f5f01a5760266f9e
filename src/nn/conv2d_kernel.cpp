#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <nn/abreast_convolution.hpp>
#include <nn/activation.hpp>
#include <nn/bias.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/meeting.hpp>
#include <nn/product.hpp>
#include <optional>

namespace fedasio::nn {

namespace {

/// An image [height][width][channels] in a frame of zeros, `apart` pixels from each other (1: side by side).
struct framed {
    std::size_t height;
    std::size_t width;
    std::size_t channels;
    std::size_t top;
    std::size_t left;
    std::size_t framed_height;
    std::size_t framed_width;
    std::size_t apart = 1;

    [[nodiscard]] std::size_t row() const { return framed_width * channels; }

    [[nodiscard]] std::size_t size() const { return framed_height * row(); }

    /// Writes the image; what lies around and between is never written to, and so stays what it was at first.
    void fill(const float* image, float* to) const {
        const std::size_t run = (apart == 1 ? width : 1) * channels;
        const std::size_t runs = apart == 1 ? 1 : width;
        for (std::size_t y = 0; y < height; ++y) {
            float* place = to + (top + y * apart) * row() + left * channels;
            for (std::size_t x = 0; x < runs; ++x, image += run, place += apart * run) {
                std::copy_n(image, run, place);
            }
        }
    }
};

/// Weights [kernel_height][kernel_width][channels][filters], then the bias [filters]. All three passes are
/// products that walk over the images themselves, for each image by itself; padding and the gradient by the
/// inputs need them in a frame of zeros, of which whole rows are passed over: they would change no sum.
class conv2d_kernel final : public layer_kernel {
public:
    conv2d_kernel(const conv2d& spec, const layer_layout& layer, std::size_t max_samples,
                  bool is_before_pooling)
        : input_(layer.input), output_(layer.output), kernel_height_(spec.kernel_height),
          kernel_width_(spec.kernel_width), stride_(spec.stride), is_padded_(spec.pad == padding::same),
          act_(spec.act), has_gradient_of_relu_(is_before_pooling && spec.act == activation::relu),
          patch_(kernel_height_ * kernel_width_ * input_.channels), keeps_images_(max_samples > 0) {
        const auto geometry = abreast_convolution::geometry_of(spec, layer);
        const std::size_t covered_height = (output_.height - 1) * stride_ + kernel_height_;
        const std::size_t covered_width = (output_.width - 1) * stride_ + kernel_width_;
        images_ = {input_.height,
                   input_.width,
                   input_.channels,
                   geometry.top,
                   geometry.left,
                   std::max<std::size_t>(covered_height, input_.height),
                   std::max<std::size_t>(covered_width, input_.width)};
        deltas_ = {output_.height,
                   output_.width,
                   output_.channels,
                   kernel_height_ - 1 - geometry.top,
                   kernel_width_ - 1 - geometry.left,
                   input_.height + kernel_height_ - 1,
                   input_.width + kernel_width_ - 1,
                   stride_};
        if (const auto forward = abreast_convolution::forward(spec, layer)) {
            forward_abreast_.emplace(*forward);
        }
        if (is_padded_) {
            framed_images_ = aligned_floats(images_.size() * std::max<std::size_t>(max_samples, 1));
        }
        if (max_samples > 0) {
            framed_delta_ = aligned_floats(deltas_.size());
            turned_weights_ = aligned_floats(patch_ * output_.channels);
            gradient_ = aligned_floats((patch_ + 1) * output_.channels);
            if (const auto backward = abreast_convolution::backward(spec, layer)) {
                backward_abreast_.emplace(*backward);
            }
        }
    }

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        const std::size_t filters = output_.channels;
        const std::size_t done =
            !forward_abreast_
                ? 0
                : forward_abreast_->compute(
                      weights, {.bias = weights + patch_ * filters, .is_rectified = act_ == activation::relu},
                      x, y, samples);
        for (std::size_t sample = is_padded_ && keeps_images_ ? 0 : done; sample < samples; ++sample) {
            const float* image = x + sample * input_.size();
            if (is_padded_) {
                float* frame = framed_images_.data() + (keeps_images_ ? sample * images_.size() : 0);
                images_.fill(image, frame);
                image = frame;
            }
            if (sample < done) {
                continue;
            }
            for (std::size_t row = 0; row < output_.height; ++row) {
                const auto under = rows_under_kernel(row);
                compute({.rows = filters,
                         .columns = output_.width,
                         .outer = under.count,
                         .inner = kernel_width_ * input_.channels,
                         .a = weights + under.first * kernel_width_ * input_.channels * filters,
                         .a_step = filters,
                         .b = image + (row * stride_ + under.first) * images_.row(),
                         .b_outer = images_.row(),
                         .b_inner = 1,
                         .b_column = stride_ * input_.channels,
                         .c = y + sample * output_.size() + row * output_.width * filters,
                         .c_column = filters,
                         .start = weights + patch_ * filters,
                         .is_one_chain = kernel_height_ > 1,
                         .is_rectified = act_ == activation::relu});
            }
        }
        if (act_ != activation::relu) {
            apply(act_, y, filters, samples * output_.height * output_.width);
        }
    }

    void backward(const layer_weights& own, const float* x, const float* y, float* dy, float* dx,
                  std::size_t samples) override {
        const std::size_t pixels = std::size_t{output_.height} * output_.width;
        if (!has_gradient_of_relu_) {
            backpropagate(act_, y, dy, output_.channels, samples * pixels);
        }
        std::size_t done = 0;
        if (dx != nullptr) {
            turn(own.values());
            done = backward_abreast_ ? backward_abreast_->compute(turned_weights_.data(), {}, dy, dx, samples)
                                     : 0;
        }
        const bool learns = own.learns(gradient_.size());
        std::fill_n(gradient_.data(), gradient_.size(), 0.0F);
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const float* delta = dy + sample * output_.size();
            const float* image =
                is_padded_ ? framed_images_.data() + sample * images_.size() : x + sample * input_.size();
            if (learns) {
                differentiate_weights(image, delta);
                add_bias_gradient(delta, gradient_.data() + patch_ * output_.channels, output_.channels,
                                  pixels);
            }
            if (dx != nullptr && sample >= done) {
                differentiate_image(delta, dx + sample * input_.size());
            }
        }
        own.step(0, gradient_.span());
    }

private:
    /// Those of the kernel that meet the image, and no frame, for an output row.
    [[nodiscard]] steps rows_under_kernel(std::size_t output_row) const {
        return meeting(output_row * stride_, kernel_height_, images_.top, images_.top + input_.height);
    }

    /// Adds to gradient_, a row of the kernel at a time.
    void differentiate_weights(const float* image, const float* delta) {
        const std::size_t filters = output_.channels;
        const std::size_t kernel_row = kernel_width_ * input_.channels;
        for (std::size_t row = 0; row < kernel_height_; ++row) {
            float* gradient = gradient_.data() + row * kernel_row * filters;
            const auto used = output_rows_of(row);
            compute({.rows = filters,
                     .columns = kernel_row,
                     .outer = used.count,
                     .inner = output_.width,
                     .a = delta + used.first * output_.width * filters,
                     .a_step = filters,
                     .b = image + (row + used.first * stride_) * images_.row(),
                     .b_outer = stride_ * images_.row(),
                     .b_inner = stride_ * input_.channels,
                     .b_column = 1,
                     .c = gradient,
                     .c_column = filters,
                     .start = gradient,
                     .start_column = filters,
                     .is_one_chain = output_.height > 1});
        }
    }

    /// Those for which a row of the kernel meets the image.
    [[nodiscard]] steps output_rows_of(std::size_t kernel_row) const {
        const auto places = (output_.height - 1) * stride_ + 1;
        const auto met = meeting(kernel_row, places, images_.top, images_.top + input_.height);
        const auto first = (met.first + stride_ - 1) / stride_;
        const auto end = (met.first + met.count + stride_ - 1) / stride_;
        return {first, end - first};
    }

    /// A convolution of the framed gradient, `stride_` pixels apart, with the turned kernel.
    void differentiate_image(const float* delta, float* dx) {
        const std::size_t filters = output_.channels;
        const std::size_t terms = kernel_width_ * filters;
        deltas_.fill(delta, framed_delta_.data());
        for (std::size_t row = 0; row < input_.height; ++row) {
            const auto met = meeting(row, kernel_height_, deltas_.top,
                                     deltas_.top + (output_.height - 1) * stride_ + 1, stride_);
            compute({.rows = input_.channels,
                     .columns = input_.width,
                     .outer = met.count,
                     .inner = terms,
                     .a = turned_weights_.data() + met.first * terms * input_.channels,
                     .a_step = input_.channels,
                     .a_gap = (stride_ - 1) * terms * input_.channels,
                     .b = framed_delta_.data() + (row + met.first) * deltas_.row(),
                     .b_outer = stride_ * deltas_.row(),
                     .b_inner = 1,
                     .b_column = filters,
                     .c = dx + row * input_.width * input_.channels,
                     .c_column = input_.channels,
                     .is_one_chain = kernel_height_ > 1});
        }
    }

    /// The kernel upside down and left to right, [height][width][filters][channels].
    void turn(const float* weights) {
        const std::size_t channels = input_.channels;
        const std::size_t filters = output_.channels;
        const std::size_t places = kernel_height_ * kernel_width_;
        for (std::size_t place = 0; place < places; ++place) {
            const float* from = weights + (places - 1 - place) * channels * filters;
            float* to = turned_weights_.data() + place * channels * filters;
            for (std::size_t filter = 0; filter < filters; ++filter) {
                for (std::size_t channel = 0; channel < channels; ++channel) {
                    to[filter * channels + channel] = from[channel * filters + filter];
                }
            }
        }
    }

    shape input_;
    shape output_;
    std::size_t kernel_height_;
    std::size_t kernel_width_;
    std::size_t stride_;
    bool is_padded_;
    activation act_;
    bool has_gradient_of_relu_; ///< dy comes with it already
    std::size_t patch_;
    bool keeps_images_; ///< for the backward pass
    framed images_{};
    framed deltas_{};
    aligned_floats framed_images_; ///< [samples] when padded
    aligned_floats framed_delta_;
    aligned_floats turned_weights_;
    aligned_floats gradient_;
    std::optional<abreast_convolution> forward_abreast_;
    std::optional<abreast_convolution> backward_abreast_; ///< by the inputs
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const conv2d& spec, const layer_layout& layer,
                                          std::size_t max_samples, bool is_before_pooling) {
    return std::make_unique<conv2d_kernel>(spec, layer, max_samples, is_before_pooling);
}

} // namespace fedasio::nn
