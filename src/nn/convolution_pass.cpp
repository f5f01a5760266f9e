#include <algorithm>
#include <nn/convolution_pass.hpp>
#include <nn/transpose.hpp>

namespace fedasio::nn {

namespace {

/// As many columns keep the arithmetic units busy.
constexpr std::size_t enough_columns = 4;

/// Where a tap lies among those that are `stride` apart side by side.
[[nodiscard]] std::size_t place_of(std::size_t tap, std::size_t kernel, std::size_t stride) {
    std::size_t place = tap / stride;
    for (std::size_t before = 0; before < tap % stride; ++before) {
        place += (kernel - before + stride - 1) / stride;
    }
    return place;
}

} // namespace

/// Height or width.
struct convolution_pass::side {
    std::size_t input = 0;
    std::size_t output = 0;
    std::size_t kernel = 0;
    std::size_t stride = 1;
    std::size_t frame = 0; ///< zeros before the input

    static side height_of(const conv2d& spec, const layer_layout& layer) {
        return {layer.input.height, layer.output.height, spec.kernel_height, spec.stride,
                geometry_of(spec, layer).top};
    }

    static side width_of(const conv2d& spec, const layer_layout& layer) {
        return {layer.input.width, layer.output.width, spec.kernel_width, spec.stride,
                geometry_of(spec, layer).left};
    }
};

void convolution_pass::append(std::vector<run>& runs, const run& next) {
    if (!runs.empty()) {
        run& last = runs.back();
        const bool goes_on = last.tap == next.tap && last.taps == next.taps &&
                             next.to == last.to + last.count * last.to_step &&
                             next.from == last.from + last.count * last.from_step;
        if (goes_on) {
            ++last.count;
            return;
        }
    }
    runs.push_back(next);
}

std::vector<convolution_pass::run> convolution_pass::forward_runs(const side& it) {
    std::vector<run> runs;
    runs.reserve(it.output);
    for (std::size_t to = 0; to < it.output; ++to) {
        const steps met = meeting(to * it.stride, it.kernel, it.frame, it.frame + it.input);
        append(runs, {.tap = met.first,
                      .taps = met.count,
                      .to = to,
                      .from = to * it.stride + met.first - it.frame,
                      .from_step = it.stride});
    }
    return runs;
}

std::vector<convolution_pass::run> convolution_pass::backward_runs(const side& it) {
    std::vector<run> runs;
    runs.reserve(it.input);
    const std::size_t frame = it.kernel - 1 - it.frame;
    for (std::size_t first = 0; first < it.stride; ++first) {
        for (std::size_t to = first; to < it.input; to += it.stride) {
            const steps met =
                meeting(to, it.kernel, frame, frame + (it.output - 1) * it.stride + 1, it.stride);
            const bool is_met = met.count > 0;
            append(runs, {.tap = is_met ? place_of(met.first, it.kernel, it.stride) : 0,
                          .taps = met.count,
                          .to = to,
                          .to_step = it.stride,
                          .from = is_met ? (to + met.first - frame) / it.stride : 0});
        }
    }
    return runs;
}

convolution_pass convolution_pass::forward(const conv2d& spec, const layer_layout& layer) {
    convolution_pass it;
    it.from_ = layer.input;
    it.to_ = layer.output;
    it.kernel_width_ = spec.kernel_width;
    it.is_one_chain_ = spec.kernel_height > 1;
    it.rows_ = forward_runs(side::height_of(spec, layer));
    it.columns_ = forward_runs(side::width_of(spec, layer));
    return it;
}

convolution_pass convolution_pass::backward(const conv2d& spec, const layer_layout& layer) {
    convolution_pass it;
    it.from_ = layer.output;
    it.to_ = layer.input;
    it.kernel_width_ = spec.kernel_width;
    it.is_one_chain_ = spec.kernel_height > 1;
    it.rows_ = backward_runs(side::height_of(spec, layer));
    it.columns_ = backward_runs(side::width_of(spec, layer));
    return it;
}

void convolution_pass::turn(const conv2d& spec, const layer_layout& layer, const float* weights,
                            float* turned) {
    const std::size_t channels = layer.input.channels;
    const std::size_t filters = layer.output.channels;
    for (std::size_t y = 0; y < spec.kernel_height; ++y) {
        const std::size_t row = place_of(spec.kernel_height - 1 - y, spec.kernel_height, spec.stride);
        for (std::size_t x = 0; x < spec.kernel_width; ++x) {
            const std::size_t column = place_of(spec.kernel_width - 1 - x, spec.kernel_width, spec.stride);
            transpose(weights + (y * spec.kernel_width + x) * channels * filters, channels, filters, filters,
                      turned + (row * spec.kernel_width + column) * channels * filters, channels);
        }
    }
}

product convolution_pass::part_of(product common, const run& rows, std::size_t number,
                                  const run& columns) const {
    const std::size_t channels = from_.channels;
    const std::size_t row = rows.from + number * rows.from_step;
    const std::size_t to_row = rows.to + number * rows.to_step;
    common.rows = to_.channels;
    common.outer = rows.taps;
    common.inner = columns.taps * channels;
    common.a += (rows.tap * kernel_width_ + columns.tap) * channels * to_.channels;
    common.a_step = to_.channels;
    common.a_gap = (kernel_width_ - columns.taps) * channels * to_.channels;
    common.b += (row * from_.width + columns.from) * channels;
    common.b_outer = from_.width * channels;
    common.b_inner = 1;
    common.c += (to_row * to_.width + columns.to) * to_.channels;
    common.is_one_chain = is_one_chain_;
    return common;
}

// Few columns that meet the same part of the kernel, as at the edges, are taken one by one, of all images at
// once.
void convolution_pass::compute(const float* weights, const convolution_ending& end, const float* from,
                               float* to, std::size_t first, std::size_t samples) const {
    const product common{.a = weights,
                         .b = from + first * from_.size(),
                         .c = to + first * to_.size(),
                         .start = end.bias,
                         .is_rectified = end.is_rectified};
    const auto is_by_image = [&](const run& columns) {
        return columns.count >= std::min(samples, enough_columns);
    };
    const auto for_each = [&](bool by_image, const auto& work) {
        for (const run& rows : rows_) {
            for (std::size_t number = 0; number < rows.count; ++number) {
                for (const run& columns : columns_) {
                    if (is_by_image(columns) == by_image) {
                        work(part_of(common, rows, number, columns), columns);
                    }
                }
            }
        }
    };
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for_each(true, [&](product part, const run& columns) {
            part.b += sample * from_.size();
            part.c += sample * to_.size();
            part.columns = columns.count;
            part.b_column = columns.from_step * from_.channels;
            part.c_column = columns.to_step * to_.channels;
            nn::compute(part);
        });
    }
    for_each(false, [&](product part, const run& columns) {
        part.columns = samples;
        part.b_column = from_.size();
        part.c_column = to_.size();
        for (std::size_t number = 0; number < columns.count; ++number) {
            nn::compute(part);
            part.b += columns.from_step * from_.channels;
            part.c += columns.to_step * to_.channels;
        }
    });
}

} // namespace fedasio::nn
