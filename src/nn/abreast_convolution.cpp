#include <algorithm>
#include <nn/abreast_convolution.hpp>
#include <nn/product.hpp>
#include <nn/transpose.hpp>

namespace fedasio::nn {

namespace {

[[nodiscard]] std::size_t row_size(const shape& it) {
    return std::size_t{it.width} * it.channels;
}

} // namespace

std::optional<convolution_geometry> abreast_convolution::forward(const conv2d& spec,
                                                                 const layer_layout& layer) {
    if (spec.kernel_height == 1 || spec.filters > most_channels) {
        return std::nullopt;
    }
    return geometry_of(spec, layer);
}

std::optional<convolution_geometry> abreast_convolution::backward(const conv2d& spec,
                                                                  const layer_layout& layer) {
    if (spec.kernel_height == 1 || layer.input.channels > most_channels || spec.stride != 1 ||
        layer.offset == 0) {
        return std::nullopt;
    }
    return backward_geometry_of(spec, layer);
}

/// Those of `from` under the kernel for so many of `to`.
std::size_t abreast_convolution::rows_for(const convolution_geometry& it, std::size_t rows) {
    return std::min<std::size_t>(it.from.height, (rows - 1) * it.stride + it.kernel_height);
}

std::size_t abreast_convolution::memory_of(const convolution_geometry& it) {
    const std::size_t rows = rows_for(it, std::min<std::size_t>(band, it.to.height));
    return lanes * (rows * row_size(it.from) + row_size(it.to) + it.to.channels);
}

abreast_convolution::abreast_convolution(const convolution_geometry& it)
    : it_(it), from_(lanes * rows_for(it, std::min<std::size_t>(band, it.to.height)) * row_size(it.from)),
      to_(lanes * row_size(it.to)), bias_(lanes * it.to.channels) {}

std::size_t abreast_convolution::compute(const float* weights, const convolution_ending& end, const float* x,
                                         float* y, std::size_t samples) {
    if (end.bias != nullptr) {
        for (std::size_t channel = 0; channel < it_.to.channels; ++channel) {
            std::fill_n(bias_.data() + channel * lanes, lanes, end.bias[channel]);
        }
    }
    const std::size_t from_row = row_size(it_.from);
    const std::size_t to_row = row_size(it_.to);
    std::size_t done = 0;
    while (samples - done >= fewest_samples) {
        const std::size_t taken = std::min(lanes, samples - done);
        for (std::size_t first = 0; first < it_.to.height; first += band) {
            const std::size_t rows = std::min<std::size_t>(band, it_.to.height - first);
            const std::size_t place = first * it_.stride;
            const std::size_t first_from = place - std::min(place, it_.top);
            const std::size_t count = std::min(rows_for(it_, rows), it_.from.height - first_from);
            transpose(x + first_from * from_row, taken, count * from_row, it_.from.size(), from_.data(),
                      lanes);
            for (std::size_t row = first; row < first + rows; ++row) {
                compute_row(row, first_from, weights, end, taken);
                transpose(to_.data(), to_row, taken, lanes, y + row * to_row, it_.to.size());
            }
        }
        x += taken * it_.from.size();
        y += taken * it_.to.size();
        done += taken;
    }
    return done;
}

void abreast_convolution::compute_row(std::size_t row, std::size_t first_from, const float* weights,
                                      const convolution_ending& end, std::size_t samples) {
    const std::size_t from_channels = it_.from.channels;
    const std::size_t to_channels = it_.to.channels;
    const std::size_t place = row * it_.stride;
    const steps down = meeting(place, it_.kernel_height, it_.top, it_.top + it_.from.height);
    const float* image =
        from_.data() + (place + down.first - it_.top - first_from) * it_.from.width * from_channels * lanes;
    for (std::size_t x = 0; x < it_.to.width; ++x) {
        const steps across = meeting(x * it_.stride, it_.kernel_width, it_.left, it_.left + it_.from.width);
        nn::compute(
            {.rows = samples,
             .columns = to_channels,
             .outer = down.count,
             .inner = across.count * from_channels,
             .a = image + (x * it_.stride + across.first - it_.left) * from_channels * lanes,
             .a_step = lanes,
             .a_gap = (it_.from.width - across.count) * from_channels * lanes,
             .b = weights + (down.first * it_.kernel_width + across.first) * from_channels * to_channels,
             .b_outer = it_.kernel_width * from_channels * to_channels,
             .b_inner = to_channels,
             .b_column = 1,
             .c = to_.data() + x * to_channels * lanes,
             .c_column = lanes,
             .start = end.bias == nullptr ? nullptr : bias_.data(),
             .start_column = lanes,
             .is_one_chain = true,
             .is_rectified = end.is_rectified});
    }
}

} // namespace fedasio::nn
