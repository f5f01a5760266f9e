#include <algorithm>
#include <nn/framed_convolution.hpp>
#include <nn/product.hpp>

namespace fedasio::nn {

namespace {

[[nodiscard]] std::size_t framed_row(const convolution_geometry& it) {
    return std::max<std::size_t>(it.from.width, it.covered_width()) * it.from.channels;
}

} // namespace

std::size_t image_frame::memory_of(const convolution_geometry& it) {
    return it.has_edges() ? std::max<std::size_t>(it.from.height, it.covered_height()) * framed_row(it) : 0;
}

image_frame::image_frame(const convolution_geometry& it)
    : it_(it), row_(framed_row(it)), values_(memory_of(it)) {}

// What lies around the image is never written to, and so stays 0.
const float* image_frame::put(const float* image) {
    if (values_.size() == 0) {
        return image;
    }
    const std::size_t image_row = std::size_t{it_.from.width} * it_.from.channels;
    for (std::size_t y = 0; y < it_.from.height; ++y) {
        std::copy_n(image + y * image_row, image_row,
                    values_.data() + (it_.top + y) * row_ + it_.left * it_.from.channels);
    }
    return values_.data();
}

std::optional<convolution_geometry> framed_convolution::forward(const conv2d& spec,
                                                                const layer_layout& layer) {
    const auto it = geometry_of(spec, layer);
    return spec.kernel_height > 1 && it.has_edges() ? std::optional(it) : std::nullopt;
}

std::optional<convolution_geometry> framed_convolution::backward(const conv2d& spec,
                                                                 const layer_layout& layer) {
    if (spec.kernel_height == 1 || spec.stride != 1 || layer.offset == 0) {
        return std::nullopt;
    }
    return backward_geometry_of(spec, layer);
}

void framed_convolution::compute(const float* weights, const convolution_ending& end, const float* x,
                                 float* y, std::size_t samples) {
    const std::size_t channels = it_.to.channels;
    const std::size_t kernel_row = it_.kernel_width * it_.from.channels;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        const float* image = frame_.put(x + sample * it_.from.size());
        for (std::size_t row = 0; row < it_.to.height; ++row) {
            // Whole rows of zeros are passed over.
            const std::size_t place = row * it_.stride;
            const steps met = meeting(place, it_.kernel_height, it_.top, it_.top + it_.from.height);
            nn::compute({.rows = channels,
                         .columns = it_.to.width,
                         .outer = met.count,
                         .inner = kernel_row,
                         .a = weights + met.first * kernel_row * channels,
                         .a_step = channels,
                         .b = image + (place + met.first) * frame_.row(),
                         .b_outer = frame_.row(),
                         .b_inner = 1,
                         .b_column = it_.stride * it_.from.channels,
                         .c = y + sample * it_.to.size() + row * it_.to.width * channels,
                         .c_column = channels,
                         .start = end.bias,
                         .is_one_chain = true,
                         .is_rectified = end.is_rectified});
        }
    }
}

} // namespace fedasio::nn
