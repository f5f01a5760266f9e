#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nn/layer_kernel.hpp>
#include <type_traits>

namespace fedasio::nn {

namespace {

constexpr std::size_t lanes = 8;
using floats = float __attribute__((vector_size(lanes * sizeof(float))));
using places = std::int32_t __attribute__((vector_size(lanes * sizeof(float))));
using whole = std::integral_constant<std::size_t, lanes>; ///< how many lanes are meant, where all are

template <class Vector, class Count>
[[gnu::always_inline]] inline Vector load(const void* from, Count count) {
    Vector loaded{};
    std::memcpy(&loaded, from, std::size_t{count} * sizeof(float));
    return loaded;
}

template <class Vector, class Count>
[[gnu::always_inline]] inline void store(const Vector& values, void* to, Count count) {
    std::memcpy(to, &values, std::size_t{count} * sizeof(float));
}

/// Channels are taken in groups that fill a vector. The last of a pixel may reach into the next pixels, what
/// is written there is written over when their turn comes: only at the end of all arrays is there no room for
/// that.
template <class Work>
[[gnu::always_inline]] inline void for_each_group(std::size_t channels, bool has_room, Work work) {
    std::size_t first = 0;
    for (; has_room ? first < channels : first + lanes <= channels; first += lanes) {
        work(first, whole());
    }
    if (first < channels) {
        work(first, channels - first);
    }
}

class max_pool2d_kernel final : public layer_kernel {
public:
    max_pool2d_kernel(const max_pool2d& spec, const layer_layout& layer, std::size_t max_samples,
                      bool is_after_relu)
        : input_(layer.input), output_(layer.output), size_(spec.size), is_after_relu_(is_after_relu),
          winners_(max_samples * output_.size()) {}

    void forward(const float* /*weights*/, const float* x, float* y, std::size_t samples) override {
        if (size_ == 2) { // as most windows are: for the compiler to unroll
            pool_all(x, y, samples, std::integral_constant<std::uint32_t, 2>());
        } else {
            pool_all(x, y, samples, size_);
        }
    }

    void backward(const layer_weights& /*own*/, const float* /*x*/, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        const std::size_t rows_left = input_.height - std::size_t{output_.height} * size_;
        for (std::size_t row = 0; row < samples * output_.height; ++row) {
            const std::size_t first = first_input_row(row);
            for (std::uint32_t y = 0; y < size_; ++y) {
                spread(dy, row, y, dx, (first + y) * input_row(), samples);
            }
            if ((row + 1) % output_.height == 0) {
                std::fill_n(dx + (first + size_) * input_row(), rows_left * input_row(), 0.0F);
            }
        }
    }

private:
    static constexpr std::int32_t nowhere = -1;

    [[nodiscard]] std::size_t input_row() const { return std::size_t{input_.width} * input_.channels; }

    [[nodiscard]] std::size_t output_row() const { return std::size_t{output_.width} * output_.channels; }

    /// Of all samples' rows, one after the other.
    [[nodiscard]] std::size_t first_input_row(std::size_t output_row) const {
        return output_row / output_.height * input_.height + output_row % output_.height * size_;
    }

    template <class Size>
    void pool_all(const float* x, float* y, std::size_t samples, Size size) {
        const std::size_t channels = input_.channels;
        const std::size_t reach = size * input_row() + lanes;
        const std::size_t inputs = samples * input_.size();
        const std::size_t outputs = samples * output_.size();
        std::size_t to = 0;
        for (std::size_t row = 0; row < samples * output_.height; ++row) {
            std::size_t from = first_input_row(row) * input_row();
            const bool has_room = from + reach <= inputs && to + output_row() + lanes <= outputs;
            for (std::size_t column = 0; column < output_.width; ++column, from += size * channels) {
                for_each_group(channels, has_room, [&](std::size_t first, auto count) {
                    pool(x + from + first, y + to + first, winners_.data() + to + first, count, size);
                });
                to += channels;
            }
        }
    }

    template <class Count, class Size>
    [[gnu::always_inline]] void pool(const float* x, float* y, std::int32_t* winners, Count count,
                                     Size size) const {
        auto best = load<floats>(x, count);
        places winner{};
        std::int32_t place = 0;
        for (std::uint32_t row = 0; row < size; ++row, x += input_row()) {
            const float* at = x;
            for (std::uint32_t column = 0; column < size; ++column, ++place, at += input_.channels) {
                const auto candidate = load<floats>(at, count);
                const auto is_better = candidate > best;
                best = is_better ? candidate : best;
                winner = is_better ? place + places{} : winner;
            }
        }
        if (is_after_relu_) {
            winner = best > 0.0F ? winner : nowhere + places{};
        }
        store(best, y, count);
        store(winner, winners, count);
    }

    /// Writes the row `y` of the windows of an output row to the row of the input that begins at `to`.
    void spread(const float* dy, std::size_t row, std::uint32_t y, float* dx, std::size_t to,
                std::size_t samples) const {
        const std::size_t channels = input_.channels;
        const std::size_t end = to + input_row();
        std::size_t from = row * output_row();
        const bool has_room =
            from + output_row() + lanes <= samples * output_.size() && end + lanes <= samples * input_.size();
        for (std::size_t column = 0; column < output_.width; ++column, from += channels) {
            for (std::uint32_t x = 0; x < size_; ++x, to += channels) {
                const auto place = static_cast<std::int32_t>(y * size_ + x) + places{};
                for_each_group(channels, has_room, [&](std::size_t first, auto count) {
                    const auto delta = load<floats>(dy + from + first, count);
                    const auto winner = load<places>(winners_.data() + from + first, count);
                    store(winner == place ? delta : floats{}, dx + to + first, count);
                });
            }
        }
        std::fill(dx + to, dx + end, 0.0F);
    }

    shape input_;
    shape output_;
    std::uint32_t size_;
    bool is_after_relu_;
    std::vector<std::int32_t>
        winners_; ///< for each output, the place in its window of the largest value, or nowhere
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const max_pool2d& spec, const layer_layout& layer,
                                          std::size_t max_samples, bool is_after_relu) {
    return std::make_unique<max_pool2d_kernel>(spec, layer, max_samples, is_after_relu);
}

} // namespace fedasio::nn
