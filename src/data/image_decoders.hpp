#pragma once

#include <fedasio/data/image.hpp>

#include "shared_bound.hpp"
#include <filesystem>
#include <span>
#include <string>

namespace fedasio::data {

/// What all threads together may decode at the same time: a hostile picture takes up to 12 bytes a pixel, as
/// it comes from the file, decoded, and turned.
[[nodiscard]] shared_bound& pixels_at_once();
/// What they may hold of files meanwhile, in bytes. Who waits for pixels has its bytes, and never the other
/// way round, so that nobody waits for ever.
[[nodiscard]] shared_bound& file_bytes_at_once();

/// What the picture of a file holds of the two.
struct image_shares {
    bounded_share bytes{&file_bytes_at_once()};
    bounded_share pixels{&pixels_at_once()};
};

/// read_image(), within the bounds: until the shares go, the picture that comes out counts.
[[nodiscard]] image read_image(const std::filesystem::path& file, image_shares& shares);

/// All throw std::runtime_error. The pixels are taken from the share before memory is.
[[nodiscard]] image decode_image(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels,
                                 bounded_share& share);
[[nodiscard]] image decode_png(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels,
                               bounded_share& share);
[[nodiscard]] image decode_jpeg(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels,
                                bounded_share& share);

/// The orientation that the content of an APP1 marker tells, 1 to 8; 1 (upright) if it tells none, or one
/// that makes no sense.
[[nodiscard]] unsigned exif_orientation(std::span<const std::uint8_t> marker);

/// Turned and mirrored as an orientation says.
[[nodiscard]] image turned_upright(image what, unsigned orientation);

/// Throws std::runtime_error for an image that is empty or too large.
void require_pixels(std::uint64_t height, std::uint64_t width, std::uint64_t most);

} // namespace fedasio::data
