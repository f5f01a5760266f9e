#pragma once

#include <fedasio/data/image.hpp>

#include <span>
#include <string>

namespace fedasio::data {

/// Both throw std::runtime_error.
[[nodiscard]] image decode_png(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels);
[[nodiscard]] image decode_jpeg(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels);

/// The orientation that the content of an APP1 marker tells, 1 to 8; 1 (upright) if it tells none, or one
/// that makes no sense.
[[nodiscard]] unsigned exif_orientation(std::span<const std::uint8_t> marker);

/// Turned and mirrored as an orientation says.
[[nodiscard]] image turned_upright(image what, unsigned orientation);

/// Throws std::runtime_error for an image that is empty or too large.
void require_pixels(std::uint64_t height, std::uint64_t width, std::uint64_t most);

} // namespace fedasio::data
