#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <cmath>
#include <nn/layer_kernel.hpp>
#include <span>
#include <vector>

namespace fedasio::nn {

namespace {

/// Weights gamma [channels], then beta [channels]. Sums are taken in double, pixel after pixel.
class group_norm_kernel final : public layer_kernel {
public:
    group_norm_kernel(const group_norm& spec, const layer_layout& layer, std::size_t max_samples)
        : pixels_(std::size_t{layer.input.height} * layer.input.width), channels_(layer.input.channels),
          groups_(spec.groups), epsilon_(spec.epsilon), statistics_(groups_ * max_samples),
          gradient_(2 * channels_), sums_(2 * channels_) {}

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const std::size_t first = sample * pixels_ * channels_;
            measure(x + first, statistics_of(sample));
            normalise(weights, x + first, y + first, statistics_of(sample));
        }
    }

    // With n = (x - mean) / deviation and g = dy * gamma: dx = (g - mean(g) - n * mean(g * n)) / deviation,
    // the means over the values of a group.
    void backward(const layer_weights& own, const float* x, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        std::fill_n(gradient_.data(), gradient_.size(), 0.0F);
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const std::size_t first = sample * pixels_ * channels_;
            const auto statistics = statistics_of(sample);
            add_up(x + first, dy + first, statistics);
            for (std::size_t i = 0; i < 2 * channels_; ++i) {
                gradient_.data()[i] += static_cast<float>(sums_[i]);
            }
            if (dx != nullptr) {
                differentiate(own.values(), x + first, dy + first, dx + first, statistics);
            }
        }
        own.step(0, gradient_.span());
    }

private:
    struct moments {
        float mean = 0;
        float scale = 0; ///< 1 / sqrt(variance + epsilon)
    };

    [[nodiscard]] std::span<moments> statistics_of(std::size_t sample) {
        return std::span(statistics_).subspan(sample * groups_, groups_);
    }

    [[nodiscard]] std::size_t group_of(std::size_t channel) const { return channel / (channels_ / groups_); }

    /// The sum over a group's channels, divided by the number of its values.
    [[nodiscard]] double mean_of(const double* by_channel, std::size_t group) const {
        const std::size_t width = channels_ / groups_;
        double sum = 0;
        for (std::size_t i = group * width; i < (group + 1) * width; ++i) {
            sum += by_channel[i];
        }
        return sum / static_cast<double>(width * pixels_);
    }

    void measure(const float* x, std::span<moments> statistics) {
        std::ranges::fill(sums_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                sums_[i] += double{x[pixel * channels_ + i]};
            }
        }
        for (std::size_t group = 0; group < groups_; ++group) {
            statistics[group].mean = static_cast<float>(mean_of(sums_.data(), group));
        }
        std::ranges::fill(sums_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const double distance = double{x[pixel * channels_ + i]} - statistics[group_of(i)].mean;
                sums_[i] += distance * distance;
            }
        }
        for (std::size_t group = 0; group < groups_; ++group) {
            const double variance = mean_of(sums_.data(), group);
            statistics[group].scale = static_cast<float>(1.0 / std::sqrt(variance + double{epsilon_}));
        }
    }

    void normalise(const float* weights, const float* x, float* y,
                   std::span<const moments> statistics) const {
        const float* gamma = weights;
        const float* beta = weights + channels_;
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const auto [mean, scale] = statistics[group_of(i)];
                y[pixel * channels_ + i] = (x[pixel * channels_ + i] - mean) * (scale * gamma[i]) + beta[i];
            }
        }
    }

    /// One sample's gradients: into sums_ dy * n for each channel, then dy.
    void add_up(const float* x, const float* dy, std::span<const moments> statistics) {
        std::ranges::fill(sums_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const auto [mean, scale] = statistics[group_of(i)];
                const double delta = dy[pixel * channels_ + i];
                sums_[i] += delta * (double{x[pixel * channels_ + i]} - mean) * scale;
                sums_[channels_ + i] += delta;
            }
        }
    }

    /// After add_up().
    void differentiate(const float* weights, const float* x, const float* dy, float* dx,
                       std::span<const moments> statistics) {
        for (std::size_t i = 0; i < channels_; ++i) {
            sums_[i] *= double{weights[i]};
            sums_[channels_ + i] *= double{weights[i]};
        }
        const std::size_t width = channels_ / groups_;
        for (std::size_t group = 0; group < groups_; ++group) {
            const auto [mean, scale] = statistics[group];
            const auto along = static_cast<float>(mean_of(sums_.data(), group));
            const auto average = static_cast<float>(mean_of(sums_.data() + channels_, group));
            for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
                for (std::size_t i = group * width; i < (group + 1) * width; ++i) {
                    const std::size_t at = pixel * channels_ + i;
                    const float normal = (x[at] - mean) * scale;
                    dx[at] = (dy[at] * weights[i] - average - normal * along) * scale;
                }
            }
        }
    }

    std::size_t pixels_;
    std::size_t channels_;
    std::size_t groups_;
    float epsilon_;
    std::vector<moments> statistics_; ///< [samples][groups]
    aligned_floats gradient_;         ///< of gamma, then of beta
    std::vector<double> sums_;        ///< one or two a channel
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const group_norm& spec, const layer_layout& layer,
                                          std::size_t max_samples) {
    return std::make_unique<group_norm_kernel>(spec, layer, max_samples);
}

} // namespace fedasio::nn
