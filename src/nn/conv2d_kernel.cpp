#include <fedasio/nn/aligned_floats.hpp>

#include <algorithm>
#include <nn/activation.hpp>
#include <nn/bias.hpp>
#include <nn/layer_kernel.hpp>
#include <nn/matrix_view.hpp>

namespace fedasio::nn {

namespace {

/// Convolution as matrix products (im2col; Chellapilla et al., 2006): a patch is the part of the image under
/// the kernel, written as a column of kernel_height * kernel_width * channels values, and the layer is kernel
/// * patches. The output pixels of the whole batch are taken a block at a time, so that the patches stay in
/// the cache and the memory does not grow with the batch.
class conv2d_kernel final : public layer_kernel {
public:
    conv2d_kernel(const conv2d& spec, const layer_layout& layer)
        : input_(layer.input), output_(layer.output), kernel_height_(spec.kernel_height),
          kernel_width_(spec.kernel_width),
          top_(spec.pad == padding::same ? (spec.kernel_height - 1) / 2 : 0),
          left_(spec.pad == padding::same ? (spec.kernel_width - 1) / 2 : 0), act_(spec.act),
          patch_(kernel_height_ * kernel_width_ * input_.channels), block_(block_of(patch_)),
          patches_(patch_ * block_) {}

    void forward(const float* weights, const float* x, float* y, std::size_t samples) override {
        const std::size_t filters = output_.channels;
        for_each_block(samples, [&](std::size_t first, std::size_t pixels) {
            gather(x, first, pixels);
            float* out = y + first * filters;
            spread_bias(weights + patch_ * filters, out, filters, pixels);
            view(out, filters, pixels).noalias() += view(weights, filters, patch_) * patches(pixels);
            apply(act_, out, filters, pixels);
        });
    }

    void backward(const float* weights, const float* x, const float* y, float* dy, float* gradient, float* dx,
                  std::size_t samples) override {
        const std::size_t filters = output_.channels;
        std::fill_n(gradient, (patch_ + 1) * filters, 0.0F);
        if (dx != nullptr) {
            std::fill_n(dx, samples * input_.size(), 0.0F);
        }
        for_each_block(samples, [&](std::size_t first, std::size_t pixels) {
            float* block_dy = dy + first * filters;
            backpropagate(act_, y + first * filters, block_dy, filters, pixels);
            const auto delta = view(static_cast<const float*>(block_dy), filters, pixels);
            gather(x, first, pixels);
            view(gradient, filters, patch_).noalias() += delta * patches(pixels).transpose();
            add_bias_gradient(block_dy, gradient + patch_ * filters, filters, pixels);
            if (dx != nullptr) {
                patches(pixels).noalias() = view(weights, filters, patch_).transpose() * delta;
                scatter(dx, first, pixels);
            }
        });
    }

private:
    // A multiple of 16 pixels, so that each block of outputs starts on a 64-byte line, and of about 256 KiB.
    [[nodiscard]] static std::size_t block_of(std::size_t patch) {
        return std::max<std::size_t>(65536 / patch / 16, 1) * 16;
    }

    [[nodiscard]] matrix_view patches(std::size_t pixels) { return view(patches_.data(), patch_, pixels); }

    template <class Work>
    void for_each_block(std::size_t samples, Work work) {
        const std::size_t all = samples * output_.height * output_.width;
        for (std::size_t first = 0; first < all; first += block_) {
            work(first, std::min(block_, all - first));
        }
    }

    /// The part of a patch that lies inside of the image, as `rows` runs of `run` values.
    struct inner_part {
        std::size_t in_patches; ///< offset of the first run in patches_
        std::size_t in_images;  ///< offset of the first run in the batch of images
        std::size_t rows;
        std::size_t run;
    };

    /// Calls work(inner_part) for each of the output pixels.
    template <class Work>
    void for_each_patch(std::size_t first, std::size_t pixels, Work work) const {
        std::size_t x = first % output_.width;
        std::size_t y = first / output_.width % output_.height;
        std::size_t image = first / output_.width / output_.height;
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            const std::size_t begin = left_ > x ? left_ - x : 0;
            const std::size_t end = std::min(kernel_width_, input_.width + left_ - x);
            const std::size_t row_begin = top_ > y ? top_ - y : 0;
            const std::size_t row_end = std::min(kernel_height_, input_.height + top_ - y);
            const std::size_t image_row = image * input_.height + y + row_begin - top_;
            work(inner_part{
                .in_patches = pixel * patch_ + (row_begin * kernel_width_ + begin) * input_.channels,
                .in_images = (image_row * input_.width + x + begin - left_) * input_.channels,
                .rows = row_end - row_begin,
                .run = (end - begin) * input_.channels,
            });
            if (++x == output_.width) {
                x = 0;
                if (++y == output_.height) {
                    y = 0;
                    ++image;
                }
            }
        }
    }

    void gather(const float* images, std::size_t first, std::size_t pixels) {
        float* patch = patches_.data();
        for_each_patch(first, pixels, [&](const inner_part& part) {
            if (part.rows * part.run != patch_) {
                std::fill_n(patch, patch_, 0.0F);
            }
            patch += patch_;
            for (std::size_t row = 0; row < part.rows; ++row) {
                std::copy_n(images + part.in_images + row * input_.width * input_.channels, part.run,
                            patches_.data() + part.in_patches + row * kernel_width_ * input_.channels);
            }
        });
    }

    void scatter(float* images, std::size_t first, std::size_t pixels) const {
        for_each_patch(first, pixels, [&](const inner_part& part) {
            for (std::size_t row = 0; row < part.rows; ++row) {
                const float* __restrict from =
                    patches_.data() + part.in_patches + row * kernel_width_ * input_.channels;
                float* __restrict to = images + part.in_images + row * input_.width * input_.channels;
                for (std::size_t i = 0; i < part.run; ++i) {
                    to[i] += from[i];
                }
            }
        });
    }

    shape input_;
    shape output_;
    std::size_t kernel_height_;
    std::size_t kernel_width_;
    std::size_t top_;
    std::size_t left_;
    activation act_;
    std::size_t patch_;
    std::size_t block_;
    aligned_floats patches_;
};

} // namespace

std::unique_ptr<layer_kernel> make_kernel(const conv2d& spec, const layer_layout& layer) {
    return std::make_unique<conv2d_kernel>(spec, layer);
}

} // namespace fedasio::nn
