#include <algorithm>
#include <cstdint>
#include <nn/layer_kernel.hpp>

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
        for_each_window(samples, [&](std::size_t to, std::size_t corner) {
            float* __restrict best = y + to;
            std::uint32_t* __restrict winner = winners_.data() + to;
            std::copy_n(x + corner, channels, best);
            std::fill_n(winner, channels, 0U);
            for (std::uint32_t place = 1; place < size_ * size_; ++place) {
                const float* __restrict candidate = x + corner + offset_of(place);
                for (std::size_t i = 0; i < channels; ++i) {
                    const bool is_better = candidate[i] > best[i];
                    best[i] = is_better ? candidate[i] : best[i];
                    winner[i] = is_better ? place : winner[i];
                }
            }
            if (is_after_relu_) {
                for (std::size_t i = 0; i < channels; ++i) {
                    winner[i] = best[i] > 0.0F ? winner[i] : nowhere;
                }
            }
        });
    }

    void backward(const layer_weights& /*own*/, const float* /*x*/, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        if (input_.height % size_ != 0 || input_.width % size_ != 0) {
            std::fill_n(dx, samples * input_.size(), 0.0F);
        }
        const std::size_t channels = input_.channels;
        for_each_window(samples, [&](std::size_t from, std::size_t corner) {
            const float* __restrict delta = dy + from;
            const std::uint32_t* __restrict winner = winners_.data() + from;
            for (std::uint32_t place = 0; place < size_ * size_; ++place) {
                float* __restrict target = dx + corner + offset_of(place);
                for (std::size_t i = 0; i < channels; ++i) {
                    target[i] = winner[i] == place ? delta[i] : 0.0F;
                }
            }
        });
    }

private:
    static constexpr std::uint32_t nowhere = 0xffffffffU;

    [[nodiscard]] std::size_t offset_of(std::uint32_t place) const {
        return (std::size_t{place / size_} * input_.width + place % size_) * input_.channels;
    }

    /// Calls work(offset of the output pixel, offset of the window's first pixel).
    template <class Work>
    void for_each_window(std::size_t samples, Work work) const {
        std::size_t pixel = 0;
        for (std::size_t sample = 0; sample < samples; ++sample) {
            for (std::size_t y = 0; y < output_.height; ++y) {
                for (std::size_t x = 0; x < output_.width; ++x, pixel += output_.channels) {
                    const std::size_t row = sample * input_.height + y * size_;
                    work(pixel, (row * input_.width + x * size_) * input_.channels);
                }
            }
        }
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
