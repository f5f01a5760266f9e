#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// Pictures in PNG and JPEG files, and how they become samples of one size.
namespace fedasio::data {

/// What an image file may ask for before it is refused.
inline constexpr std::uint64_t most_image_pixels = 100'000'000;
inline constexpr std::uint64_t most_image_bytes = std::uint64_t{256} << 20U;

/// Row-major [height][width][channels]: 1 channel is grey, 3 are red, green, blue.
struct image {
    std::uint32_t height = 0;
    std::uint32_t width = 0;
    std::uint32_t channels = 0;
    std::vector<std::uint8_t> pixels;
};

/// Decodes a PNG or JPEG, as its first bytes say. A palette becomes its colours, fewer bits than 8 are
/// scaled up and 16 down (v / 257, rounded); transparency is dropped, gamma and colour profiles are not
/// looked at. A JPEG is turned as its EXIF orientation says. Nothing is believed: more than
/// `most_pixels` are refused before memory is taken for them. Throws std::runtime_error with what is
/// wrong: damaged, cut short, too large, CMYK, of another kind.
[[nodiscard]] image decode_image(std::span<const std::uint8_t> bytes,
                                 std::uint64_t most_pixels = most_image_pixels);

/// The same of a file. Throws data::error, which names it.
[[nodiscard]] image read_image(const std::filesystem::path& file);

/// Grey (channels 1) by ITU-R 601, (19595 R + 38470 G + 7471 B + 32768) >> 16, or colour (3). Throws
/// std::invalid_argument for others.
[[nodiscard]] image with_channels(image what, std::uint32_t channels);

/// The largest rectangle in the middle that has the shape of `width` x `height`, resampled to that size with
/// a triangle (bilinear) filter, which is as wide as a pixel of the result when it shrinks and of the source
/// when it grows; rows first, rounded to bytes after each direction. Bit for bit what Pillow gives by
/// resize((width, height), Image.Resampling.BILINEAR, box=...) with the box of centred_box(). Throws
/// std::invalid_argument unless there are 1 or 3 channels.
[[nodiscard]] image fit_image(const image& what, std::uint32_t height, std::uint32_t width);

/// Where the rectangle lies, in pixels of the source; float as Pillow keeps it.
struct image_box {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;
};

[[nodiscard]] image_box centred_box(std::uint32_t from_height, std::uint32_t from_width, std::uint32_t height,
                                    std::uint32_t width);

} // namespace fedasio::data
