#include <algorithm>
#include <nn/layer_kernel.hpp>

namespace fedasio::nn {

namespace {

class avg_pool2d_kernel final : public layer_kernel {
public:
    avg_pool2d_kernel(const avg_pool2d& spec, const layer_layout& layer)
        : input_(layer.input), output_(layer.output), size_(spec.size),
          share_(1.0F / static_cast<float>(size_ * size_)) {}

    void forward(const float* /*weights*/, const float* x, float* y, std::size_t samples) override {
        const std::size_t channels = input_.channels;
        for_each_window(samples, [&](std::size_t to, std::size_t corner) {
            float* __restrict mean = y + to;
            std::fill_n(mean, channels, 0.0F);
            for_each_pixel(corner, [&](std::size_t from) {
                const float* __restrict pixel = x + from;
                for (std::size_t i = 0; i < channels; ++i) {
                    mean[i] += pixel[i];
                }
            });
            for (std::size_t i = 0; i < channels; ++i) {
                mean[i] *= share_;
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
            for_each_pixel(corner, [&](std::size_t to) {
                float* __restrict target = dx + to;
                for (std::size_t i = 0; i < channels; ++i) {
                    target[i] = delta[i] * share_;
                }
            });
        });
    }

private:
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

    /// Calls work(offset) for each pixel of the window, row by row.
    template <class Work>
    void for_each_pixel(std::size_t corner, Work work) const {
        for (std::size_t y = 0; y < size_; ++y) {
            for (std::size_t x = 0; x < size_; ++x) {
                work(corner + (y * input_.width + x) * input_.channels);
            }
        }
    }

    shape input_;
    shape output_;
    std::size_t size_;
    float share_; ///< of a pixel in its window's mean
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const avg_pool2d& spec, const layer_layout& layer) {
    return std::make_unique<avg_pool2d_kernel>(spec, layer);
}

} // namespace fedasio::nn
