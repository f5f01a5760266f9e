#pragma once

#include <fedasio/nn/model_spec.hpp>
#include <fedasio/random.hpp>

#include <cstdint>
#include <span>

namespace fedasio::learning {

/// How images are varied each time that a client trains on them, as is usual since Krizhevsky et al. (2012);
/// the padded crop is that of He et al. (2016).
struct augmentation {
    bool flip = false;      ///< left becomes right, for every second image on average
    std::uint32_t crop = 0; ///< moves an image by up to so many pixels, in both directions; below its sides

    [[nodiscard]] bool is_none() const noexcept { return !flip && crop == 0; }

    friend bool operator==(const augmentation&, const augmentation&) = default;
};

/// Varies images in place: `images` are any number of them, one after the other, row-major, channels last.
/// For each one, in this order, `draws` decides by below(2 crop + 1) twice which part of the image with a
/// black (0) frame of `crop` pixels is left, first its top row and then its left column, if `crop` is not 0,
/// and then by below(2) whether it is turned (1), if there is `flip`.
void augment(const augmentation& how, nn::shape one, std::span<float> images, random_stream& draws);

} // namespace fedasio::learning
