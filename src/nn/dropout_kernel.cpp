#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <nn/layer_kernel.hpp>
#include <span>

namespace fedasio::nn {

namespace {

class dropout_kernel final : public layer_kernel {
public:
    dropout_kernel(const dropout& spec, const layer_layout& layer, std::size_t max_samples,
                   random_stream& masks)
        : features_(layer.input.size()),
          threshold_(static_cast<std::uint32_t>(std::lround(spec.rate * 65536.0F))),
          scale_(1.0F / (1.0F - spec.rate)), mask_(features_ * max_samples), masks_(&masks) {}

    void forward(const float* /*weights*/, const float* x, float* y, std::size_t samples) override {
        const std::size_t size = features_ * samples;
        draw(size);
        const float* mask = mask_.data();
        for (std::size_t i = 0; i < size; ++i) {
            y[i] = x[i] * mask[i];
        }
    }

    void backward(const layer_weights& /*own*/, const float* /*x*/, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        const float* mask = mask_.data();
        for (std::size_t i = 0; i < features_ * samples; ++i) {
            dx[i] = dy[i] * mask[i];
        }
    }

private:
    // 16 bits decide on a value: drawing random numbers is what dropout costs.
    void draw(std::size_t size) {
        std::array<std::uint32_t, 512> words; // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
        for (std::size_t first = 0; first < size; first += 2 * words.size()) {
            const std::size_t count = std::min(words.size(), (size - first + 1) / 2);
            masks_->fill(std::span(words).first(count));
            float* mask = mask_.data() + first;
            for (std::size_t i = 0; i < count; ++i) {
                mask[2 * i] = (words[i] & 0xffffU) < threshold_ ? 0.0F : scale_;
                mask[2 * i + 1] = (words[i] >> 16) < threshold_ ? 0.0F : scale_;
            }
        }
    }

    std::size_t features_;
    std::uint32_t threshold_;
    float scale_;
    aligned_floats mask_; ///< 0, or what a value that stays is multiplied by
    random_stream* masks_;
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const dropout& spec, const layer_layout& layer,
                                          std::size_t max_samples, random_stream& masks) {
    return std::make_unique<dropout_kernel>(spec, layer, max_samples, masks);
}

} // namespace fedasio::nn
