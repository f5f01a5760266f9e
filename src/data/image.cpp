#include <fedasio/data/error.hpp>
#include <fedasio/data/image.hpp>

#include "image_decoders.hpp"
#include "input_file.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace fedasio::data {
namespace {

using namespace std::string_view_literals;

struct other_kind {
    std::string_view bytes;
    std::string_view name;
};

constexpr other_kind other_kinds[] = {
    {"GIF8"sv, "GIF"}, {"BM"sv, "BMP"}, {"II*\0"sv, "TIFF"}, {"MM\0*"sv, "TIFF"}, {"RIFF"sv, "WebP"}};

std::string kind_of(std::span<const std::uint8_t> bytes) {
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()), // NOLINT
                                 std::min<std::size_t>(bytes.size(), 16));
    for (const auto& kind : other_kinds) {
        if (start.starts_with(kind.bytes)) {
            return "is a " + std::string(kind.name) + " image: convert it to PNG or JPEG";
        }
    }
    if (start.size() > 8 && start.substr(4).starts_with("ftyp")) {
        return "is a HEIC or AVIF image: convert it to PNG or JPEG";
    }
    return bytes.empty() ? "is empty" : "is no PNG or JPEG image";
}

/// Big- or little-endian, as the TIFF header says; 0 beyond the end.
class tiff_bytes {
public:
    explicit tiff_bytes(std::span<const std::uint8_t> bytes)
        : bytes_(bytes), is_big_(!bytes.empty() && bytes[0] == 'M') {}

    std::uint32_t number(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) {
            return 0;
        }
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value = value << 8U | bytes_[at + (is_big_ ? i : size - 1 - i)];
        }
        return value;
    }

private:
    std::span<const std::uint8_t> bytes_;
    bool is_big_;
};

/// The pixels of the source that make one of the result, with weights in 22 bits.
struct window {
    std::size_t first = 0;
    std::vector<std::int32_t> weights;
};

constexpr unsigned weight_bits = 22;

std::vector<window> windows(std::uint32_t from, float begin, float end, std::uint32_t to) {
    const double scale = static_cast<double>(end - begin) / to;
    const double reach = std::max(scale, 1.0); // of the triangle, to each side
    std::vector<window> result(to);
    for (std::uint32_t i = 0; i < to; ++i) {
        const double centre = begin + (i + 0.5) * scale;
        const auto first = static_cast<std::int64_t>(std::max(0.0, std::trunc(centre - reach + 0.5)));
        const auto last = static_cast<std::int64_t>(std::min<double>(from, std::trunc(centre + reach + 0.5)));
        std::vector<double> shares;
        double sum = 0;
        for (auto x = first; x < last; ++x) {
            const double distance = std::abs((static_cast<double>(x) - centre + 0.5) * (1.0 / reach));
            shares.push_back(std::max(0.0, 1 - distance));
            sum += shares.back();
        }
        result[i].first = static_cast<std::size_t>(first);
        for (const auto share : shares) {
            result[i].weights.push_back(static_cast<std::int32_t>(
                std::lround((sum == 0 ? share : share / sum) * (1U << weight_bits))));
        }
    }
    return result;
}

/// Of a sum that began with a half: of weights that make 1, of bytes, so that it fits.
std::uint8_t rounded(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

constexpr std::int32_t half = 1 << (weight_bits - 1);

/// Most of the time goes here: a photograph has a thousand times the pixels of its sample.
template <std::size_t Channels>
void narrow_row(const std::vector<window>& columns, const std::uint8_t* from, std::uint8_t* to) {
    for (const auto& column : columns) {
        std::array<std::int32_t, Channels> sums{};
        sums.fill(half);
        const auto* pixel = from + column.first * Channels;
        for (const auto weight : column.weights) {
            for (std::size_t c = 0; c < Channels; ++c) {
                sums[c] += weight * pixel[c];
            }
            pixel += Channels;
        }
        to = std::ranges::transform(sums, to, rounded).out;
    }
}

} // namespace

void require_pixels(std::uint64_t height, std::uint64_t width, std::uint64_t most) {
    if (height == 0 || width == 0) {
        throw std::runtime_error("has no pixels");
    }
    if (height > most || width > most || height * width > most) {
        throw std::runtime_error("claims " + std::to_string(width) + " x " + std::to_string(height) +
                                 " pixels, more than " + std::to_string(most / 1'000'000) +
                                 " million: make it smaller");
    }
}

unsigned exif_orientation(std::span<const std::uint8_t> marker) {
    constexpr std::array<std::uint8_t, 6> start{'E', 'x', 'i', 'f', 0, 0};
    if (marker.size() < start.size() || !std::ranges::equal(start, marker.first(start.size()))) {
        return 1;
    }
    constexpr std::uint32_t orientation_tag = 0x0112;
    constexpr std::size_t entry_bytes = 12;
    const tiff_bytes tiff(marker.subspan(start.size()));
    const std::size_t directory = tiff.number(4, 4);
    const auto entries = tiff.number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        const auto entry = directory + 2 + i * entry_bytes;
        if (tiff.number(entry, 2) == orientation_tag) {
            const auto told = tiff.number(entry + 8, 2);
            return told >= 1 && told <= 8 ? told : 1;
        }
    }
    return 1;
}

image turned_upright(image what, unsigned orientation) {
    if (orientation <= 1) {
        return what;
    }
    // 5 to 8 swap rows and columns; bits say what is mirrored then.
    const bool swaps = orientation >= 5;
    const bool mirrors_rows = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    const bool mirrors_columns = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    image result{swaps ? what.width : what.height, swaps ? what.height : what.width, what.channels, {}};
    result.pixels.resize(what.pixels.size());
    std::size_t to = 0;
    for (std::size_t y = 0; y < result.height; ++y) {
        for (std::size_t x = 0; x < result.width; ++x) {
            const auto row = mirrors_rows ? result.height - 1 - y : y;
            const auto column = mirrors_columns ? result.width - 1 - x : x;
            const auto from = (swaps ? column * what.width + row : row * what.width + column) * what.channels;
            for (std::size_t c = 0; c < what.channels; ++c) {
                result.pixels[to++] = what.pixels[from + c];
            }
        }
    }
    return result;
}

shared_bound& pixels_at_once() {
    static shared_bound bound(2 * most_image_pixels);
    return bound;
}

shared_bound& file_bytes_at_once() {
    static shared_bound bound(2 * most_image_bytes);
    return bound;
}

image decode_image(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels) {
    bounded_share no_bound(nullptr);
    return decode_image(bytes, most_pixels, no_bound);
}

image decode_image(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels, bounded_share& share) {
    constexpr std::array<std::uint8_t, 8> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    constexpr std::array<std::uint8_t, 3> jpeg{0xff, 0xd8, 0xff};
    const auto begins = [&](const auto& start) {
        return bytes.size() >= start.size() && std::ranges::equal(start, bytes.first(start.size()));
    };
    if (begins(png)) {
        return decode_png(bytes, most_pixels, share);
    }
    if (begins(jpeg)) {
        return decode_jpeg(bytes, most_pixels, share);
    }
    throw std::runtime_error(kind_of(bytes));
}

image read_image(const std::filesystem::path& file) {
    image_shares shares;
    return read_image(file, shares);
}

image read_image(const std::filesystem::path& file, image_shares& shares) {
    const auto size = input_file_size(file);
    if (size > most_image_bytes) {
        throw error::in_file(file, "has more than 256 MiB: make it smaller");
    }
    shares.bytes.take(size);
    std::vector<std::uint8_t> bytes(size);
    std::ifstream in(file, std::ios::binary);
    errno = 0;
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)); // NOLINT
    if (!in) {
        throw error::in_file(file, "cannot be read (" +
                                       std::error_code(errno, std::generic_category()).message() +
                                       "); check its permissions");
    }
    try {
        return decode_image(bytes, most_image_pixels, shares.pixels);
    } catch (const std::runtime_error& problem) {
        throw error::in_file(file, problem.what());
    }
}

image with_channels(image what, std::uint32_t channels) {
    if (channels != 1 && channels != 3) {
        throw std::invalid_argument("images have 1 channel (grey) or 3 (colour)");
    }
    if (what.channels == channels) {
        return what;
    }
    const auto count = std::size_t{what.height} * what.width;
    image result{what.height, what.width, channels, std::vector<std::uint8_t>(count * channels)};
    for (std::size_t i = 0; i < count; ++i) {
        if (channels == 3) {
            std::fill_n(result.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, what.pixels[i]);
            continue;
        }
        const auto* rgb = what.pixels.data() + 3 * i;
        result.pixels[i] =
            static_cast<std::uint8_t>((19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 0x8000U) >> 16U);
    }
    return result;
}

image_box centred_box(std::uint32_t from_height, std::uint32_t from_width, std::uint32_t height,
                      std::uint32_t width) {
    const double scale =
        std::min(static_cast<double>(from_height) / height, static_cast<double>(from_width) / width);
    const double box_width = std::min<double>(from_width, scale * width);
    const double box_height = std::min<double>(from_height, scale * height);
    const double left = (from_width - box_width) / 2;
    const double top = (from_height - box_height) / 2;
    return {static_cast<float>(left), static_cast<float>(top), static_cast<float>(left + box_width),
            static_cast<float>(top + box_height)};
}

image fit_image(const image& what, std::uint32_t height, std::uint32_t width) {
    const auto box = centred_box(what.height, what.width, height, width);
    const std::size_t channels = what.channels;
    if (channels != 1 && channels != 3) {
        throw std::invalid_argument("images have 1 channel (grey) or 3 (colour)");
    }
    const auto columns = windows(what.width, box.left, box.right, width);
    const auto rows = windows(what.height, box.top, box.bottom, height);
    // Of a high and narrow image only the rows that are needed: with all of them it would be much larger.
    const auto first = rows.front().first;
    const auto count = rows.back().first + rows.back().weights.size() - first;
    const auto row = std::size_t{width} * channels;
    std::vector<std::uint8_t> narrow(count * row);
    for (std::size_t y = 0; y < count; ++y) {
        const auto* from = what.pixels.data() + (first + y) * what.width * channels;
        auto* to = narrow.data() + y * row;
        channels == 1 ? narrow_row<1>(columns, from, to) : narrow_row<3>(columns, from, to);
    }
    image result{height, width, what.channels, std::vector<std::uint8_t>(height * row)};
    std::vector<std::int32_t> sums(row);
    for (std::size_t y = 0; y < height; ++y) {
        std::ranges::fill(sums, half);
        const auto* from = narrow.data() + (rows[y].first - first) * row;
        for (const auto weight : rows[y].weights) {
            for (std::size_t i = 0; i < row; ++i) {
                sums[i] += weight * from[i];
            }
            from += row;
        }
        std::ranges::transform(sums, result.pixels.begin() + static_cast<std::ptrdiff_t>(y * row), rounded);
    }
    return result;
}

} // namespace fedasio::data
