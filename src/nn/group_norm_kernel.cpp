#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <cmath>
#include <nn/layer_kernel.hpp>
#include <vector>

namespace fedasio::nn {

namespace {

/// Weights gamma [channels], then beta [channels]. Sums are taken in double, pixel after pixel. What a group
/// has in common is written down for each of its channels, so that all loops run along them.
class group_norm_kernel final : public layer_kernel {
public:
    group_norm_kernel(const group_norm& spec, const layer_layout& layer, std::size_t max_samples)
        : pixels_(std::size_t{layer.input.height} * layer.input.width), channels_(layer.input.channels),
          width_(channels_ / spec.groups), epsilon_(spec.epsilon), means_(max_samples * channels_),
          scales_(max_samples * channels_), gradient_(2 * channels_), parts_(2 * channels_),
          sums_(2 * channels_) {}

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const std::size_t first = sample * pixels_ * channels_;
            measure(x + first, means_.data() + sample * channels_, scales_.data() + sample * channels_);
            normalise(weights, x + first, y + first, sample);
        }
    }

    // With n = (x - mean) * scale and g = dy * gamma: dx = (g - mean(g) - n * mean(g * n)) * scale, the means
    // over the values of a group.
    void backward(const layer_weights& own, const float* x, const float* /*y*/, float* dy, float* dx,
                  std::size_t samples) override {
        std::fill_n(gradient_.data(), gradient_.size(), 0.0F);
        for (std::size_t sample = 0; sample < samples; ++sample) {
            const std::size_t first = sample * pixels_ * channels_;
            add_up(x + first, dy + first, sample);
            for (std::size_t i = 0; i < 2 * channels_; ++i) {
                gradient_.data()[i] += static_cast<float>(sums_[i]);
            }
            if (dx != nullptr) {
                differentiate(own.values(), x + first, dy + first, dx + first, sample);
            }
        }
        own.step(0, gradient_.span());
    }

private:
    /// Calls work(first channel, mean over the group's values) for each group, given the sums by channel.
    template <class Work>
    void for_each_group(const double* by_channel, Work work) const {
        for (std::size_t first = 0; first < channels_; first += width_) {
            double sum = 0;
            for (std::size_t i = first; i < first + width_; ++i) {
                sum += by_channel[i];
            }
            work(first, sum / static_cast<double>(width_ * pixels_));
        }
    }

    /// Writes one sample's means and 1 / sqrt(variance + epsilon), by channel.
    void measure(const float* x, float* __restrict means, float* scales) {
        double* const sums = sums_.data();
        std::fill_n(sums, channels_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                sums[i] += double{x[pixel * channels_ + i]};
            }
        }
        for_each_group(sums, [&](std::size_t first, double mean) {
            std::fill_n(means + first, width_, static_cast<float>(mean));
        });
        std::fill_n(sums, channels_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const double distance = double{x[pixel * channels_ + i]} - double{means[i]};
                sums[i] += distance * distance;
            }
        }
        for_each_group(sums, [&](std::size_t first, double variance) {
            std::fill_n(scales + first, width_,
                        static_cast<float>(1.0 / std::sqrt(variance + double{epsilon_})));
        });
    }

    void normalise(const float* gamma, const float* x, float* __restrict y, std::size_t sample) {
        const float* const beta = gamma + channels_;
        const float* const means = means_.data() + sample * channels_;
        const float* const scales = scales_.data() + sample * channels_;
        float* __restrict const slopes = parts_.data();
        for (std::size_t i = 0; i < channels_; ++i) {
            slopes[i] = scales[i] * gamma[i];
        }
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                y[pixel * channels_ + i] = (x[pixel * channels_ + i] - means[i]) * slopes[i] + beta[i];
            }
        }
    }

    /// One sample's gradients: into sums_ dy * n for each channel, then dy.
    void add_up(const float* x, const float* dy, std::size_t sample) {
        const float* const means = means_.data() + sample * channels_;
        const float* const scales = scales_.data() + sample * channels_;
        double* __restrict const along = sums_.data();
        double* __restrict const plain = along + channels_;
        std::fill_n(along, 2 * channels_, 0.0);
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const double delta = dy[pixel * channels_ + i];
                along[i] += delta * (double{x[pixel * channels_ + i]} - double{means[i]}) * double{scales[i]};
                plain[i] += delta;
            }
        }
    }

    /// After add_up().
    void differentiate(const float* gamma, const float* x, const float* dy, float* __restrict dx,
                       std::size_t sample) {
        const float* const means = means_.data() + sample * channels_;
        const float* const scales = scales_.data() + sample * channels_;
        float* const along = parts_.data();
        float* const average = along + channels_;
        for (std::size_t i = 0; i < channels_; ++i) {
            sums_[i] *= double{gamma[i]};
            sums_[channels_ + i] *= double{gamma[i]};
        }
        for_each_group(sums_.data(), [&](std::size_t first, double mean) {
            std::fill_n(along + first, width_, static_cast<float>(mean));
        });
        for_each_group(sums_.data() + channels_, [&](std::size_t first, double mean) {
            std::fill_n(average + first, width_, static_cast<float>(mean));
        });
        for (std::size_t pixel = 0; pixel < pixels_; ++pixel) {
            for (std::size_t i = 0; i < channels_; ++i) {
                const std::size_t at = pixel * channels_ + i;
                const float normal = (x[at] - means[i]) * scales[i];
                dx[at] = (dy[at] * gamma[i] - average[i] - normal * along[i]) * scales[i];
            }
        }
    }

    std::size_t pixels_;
    std::size_t channels_;
    std::size_t width_; ///< channels a group
    float epsilon_;
    aligned_floats means_;     ///< [samples][channels]
    aligned_floats scales_;    ///< [samples][channels]
    aligned_floats gradient_;  ///< of gamma, then of beta
    aligned_floats parts_;     ///< of one sample, one or two a channel
    std::vector<double> sums_; ///< likewise
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const group_norm& spec, const layer_layout& layer,
                                          std::size_t max_samples) {
    return std::make_unique<group_norm_kernel>(spec, layer, max_samples);
}

} // namespace fedasio::nn
