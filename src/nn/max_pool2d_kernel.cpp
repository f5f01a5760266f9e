#include <algorithm>
#include <array>
#include <cstdint>
#include <nn/layer_kernel.hpp>
#include <type_traits>

namespace fedasio::nn {

namespace {

class max_pool2d_kernel final : public layer_kernel {
public:
    max_pool2d_kernel(const max_pool2d& spec, const layer_layout& layer, std::size_t max_samples,
                      bool is_after_relu)
        : input_(layer.input), output_(layer.output), size_(spec.size), is_after_relu_(is_after_relu),
          winners_(max_samples * output_.size()) {}

    void forward(const float* /*weights*/, const float* x, float* y, std::size_t samples) override {
        const std::size_t channels = input_.channels;
        const std::size_t row_size = input_.width * channels;
        const std::size_t reach = (size_ - 1) * (row_size + channels) + channels + lanes;
        const std::size_t inputs = samples * input_.size();
        const std::size_t outputs = samples * output_.size();
        std::size_t to = 0;
        for (std::size_t row = 0; row < samples * output_.height; ++row) {
            std::size_t from = first_input_row(row) * row_size;
            for (std::size_t column = 0; column < output_.width; ++column, from += size_ * channels) {
                const bool has_room = from + reach <= inputs && to + channels + lanes <= outputs;
                for_each_group(channels, has_room, [&](std::size_t first, auto count) {
                    pool(x + from + first, y + to + first, winners_.data() + to + first, count);
                });
                to += channels;
            }
        }
    }

    void backward(const layer_weights& /*own*/, const float* /*x*/, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        const std::size_t row_size = std::size_t{input_.width} * input_.channels;
        const std::size_t rows_left = input_.height - std::size_t{output_.height} * size_;
        for (std::size_t row = 0; row < samples * output_.height; ++row) {
            const std::size_t first = first_input_row(row);
            for (std::uint32_t y = 0; y < size_; ++y) {
                spread(dy, row, y, dx, (first + y) * row_size, samples);
            }
            if ((row + 1) % output_.height == 0) {
                std::fill_n(dx + (first + size_) * row_size, rows_left * row_size, 0.0F);
            }
        }
    }

private:
    static constexpr std::uint32_t nowhere = 0xffffffffU;
    static constexpr std::size_t lanes = 8;

    /// Channels are taken in groups whose size the compiler knows. The last of a pixel may reach into the
    /// next pixels, what is written there is written over when their turn comes: only at the end of all
    /// arrays is there no room for that.
    template <class Work>
    static void for_each_group(std::size_t channels, bool has_room, Work work) {
        std::size_t first = 0;
        for (; has_room ? first < channels : first + lanes <= channels; first += lanes) {
            work(first, std::integral_constant<std::size_t, lanes>());
        }
        if (first < channels) {
            work(first, channels - first);
        }
    }

    /// Of all samples' rows, one after the other.
    [[nodiscard]] std::size_t first_input_row(std::size_t output_row) const {
        return output_row / output_.height * input_.height + output_row % output_.height * size_;
    }

    template <class Count>
    void pool(const float* x, float* y, std::uint32_t* winners, Count count) const {
        std::array<float, lanes> best{};
        std::array<std::uint32_t, lanes> winner{};
        std::copy_n(x, std::size_t{count}, best.begin());
        std::uint32_t place = 0;
        for (std::uint32_t row = 0; row < size_; ++row, x += std::size_t{input_.width} * input_.channels) {
            const float* candidate = x;
            for (std::uint32_t column = 0; column < size_; ++column, ++place, candidate += input_.channels) {
                for (std::size_t i = 0; i < count; ++i) {
                    const bool is_better = candidate[i] > best[i];
                    best[i] = is_better ? candidate[i] : best[i];
                    winner[i] = is_better ? place : winner[i];
                }
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            y[i] = best[i];
            winners[i] = best[i] > 0.0F || !is_after_relu_ ? winner[i] : nowhere;
        }
    }

    /// Writes the row `y` of the windows of an output row to the row of the input that begins at `to`.
    void spread(const float* dy, std::size_t output_row, std::uint32_t y, float* dx, std::size_t to,
                std::size_t samples) const {
        const std::size_t channels = input_.channels;
        const std::size_t end = to + input_.width * channels;
        const std::size_t inputs = samples * input_.size();
        const std::size_t outputs = samples * output_.size();
        std::size_t from = output_row * output_.width * channels;
        for (std::size_t column = 0; column < output_.width; ++column, from += channels) {
            for (std::uint32_t x = 0; x < size_; ++x, to += channels) {
                const bool has_room = from + channels + lanes <= outputs && to + channels + lanes <= inputs;
                const std::uint32_t place = y * size_ + x;
                for_each_group(channels, has_room, [&](std::size_t first, auto count) {
                    std::array<float, lanes> delta{}; // loaded whole, for the compiler's sake
                    std::copy_n(dy + from + first, std::size_t{count}, delta.begin());
                    const std::uint32_t* winner = winners_.data() + from + first;
                    for (std::size_t i = 0; i < count; ++i) {
                        delta[i] = winner[i] == place ? delta[i] : 0.0F;
                    }
                    std::copy_n(delta.begin(), std::size_t{count}, dx + to + first);
                });
            }
        }
        std::fill(dx + to, dx + end, 0.0F);
    }

    shape input_;
    shape output_;
    std::uint32_t size_;
    bool is_after_relu_;
    std::vector<std::uint32_t>
        winners_; ///< for each output, the place in its window of the largest value, or nowhere
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const max_pool2d& spec, const layer_layout& layer,
                                          std::size_t max_samples, bool is_after_relu) {
    return std::make_unique<max_pool2d_kernel>(spec, layer, max_samples, is_after_relu);
}

} // namespace fedasio::nn
