#pragma once

#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <nn/convolution_geometry.hpp>
#include <nn/product.hpp>
#include <vector>

namespace fedasio::nn {

/// Images [height][width][channels] by a kernel, for each image by itself: the forward pass of a layer, or
/// the gradient by its inputs. Products that walk over the images themselves; where the kernel hangs over an
/// edge they take the part of it that meets the image, so that nothing is multiplied by zeros of a frame.
class convolution_pass {
    /// Rows or columns of `to` that the same part of the kernel gives.
    struct run {
        std::size_t tap = 0; ///< where that part begins
        std::size_t taps = 0;
        std::size_t to = 0;
        std::size_t to_step = 1;
        std::size_t from = 0; ///< what the first of them begins with
        std::size_t from_step = 1;
        std::size_t count = 1;
    };

public:
    [[nodiscard]] static convolution_pass forward(const conv2d& spec, const layer_layout& layer);

    convolution_pass() = default;

    /// From the gradient by the outputs, with the kernel as turn() gives it.
    [[nodiscard]] static convolution_pass backward(const conv2d& spec, const layer_layout& layer);

    /// Floats that a pass allocates that gives such images.
    [[nodiscard]] static std::size_t memory_of(const shape& to) {
        return (std::size_t{to.height} + to.width) * sizeof(run) / sizeof(float);
    }

    /// From weights [kernel_height][kernel_width][channels][filters], those by which backward() multiplies:
    /// the kernel upside down and left to right, [kernel_height][kernel_width][filters][channels], with those
    /// of its rows side by side that meet the image at once where there are strides; and its columns.
    static void turn(const conv2d& spec, const layer_layout& layer, const float* weights, float* turned);

    /// For the images from `first` on.
    void compute(const float* weights, const convolution_ending& end, const float* from, float* to,
                 std::size_t first, std::size_t samples) const;

private:
    struct side;

    static void append(std::vector<run>& runs, const run& next);
    static std::vector<run> forward_runs(const side& it);
    static std::vector<run> backward_runs(const side& it);

    /// Of the `number`-th of the rows; columns, and the steps between them, are still to be set.
    [[nodiscard]] product part_of(product common, const run& rows, std::size_t number,
                                  const run& columns) const;

    shape from_;
    shape to_;
    std::size_t kernel_width_ = 0;
    bool is_one_chain_ = false;
    std::vector<run> rows_;
    std::vector<run> columns_;
};

} // namespace fedasio::nn
