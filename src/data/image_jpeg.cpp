#include "image_decoders.hpp"
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <stdexcept>

namespace fedasio::data {
namespace {

/// A file of many scans, each of which changes all pixels, takes for ever.
constexpr int most_scans = 500;

/// What libjpeg's callbacks reach. Errors jump over the frames of libjpeg alone, and land where nothing has
/// to be destroyed.
struct jpeg_state {
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::array<char, JMSG_LENGTH_MAX> problem{};
    std::jmp_buf back{};
};

[[noreturn]] void on_error(j_common_ptr info) {
    auto& state = *static_cast<jpeg_state*>(info->client_data);
    info->err->format_message(info, state.problem.data());
    std::longjmp(state.back, 1); // NOLINT(cert-err52-cpp): the library's only way out
}

/// What is cut short is filled with grey, with no more than a warning.
void on_message(j_common_ptr info, int level) {
    if (level < 0) {
        on_error(info);
    }
}

void on_progress(j_common_ptr info) {
    auto& state = *static_cast<jpeg_state*>(info->client_data);
    const auto* const reading = reinterpret_cast<j_decompress_ptr>(info); // NOLINT: as libjpeg has it
    if (info->is_decompressor != 0 && reading->input_scan_number > most_scans) {
        std::snprintf(state.problem.data(), state.problem.size(), "it has more than %d scans", most_scans);
        std::longjmp(state.back, 1); // NOLINT(cert-err52-cpp)
    }
}

/// Holds what libjpeg allocates.
class jpeg_reader {
public:
    explicit jpeg_reader(std::span<const std::uint8_t> bytes) {
        info_.err = jpeg_std_error(&state_.errors);
        state_.errors.error_exit = on_error;
        state_.errors.emit_message = on_message;
        state_.progress.progress_monitor = on_progress;
        info_.client_data = &state_;
        if (!read_header(bytes)) {
            jpeg_destroy_decompress(&info_);
            fail();
        }
    }

    ~jpeg_reader() { jpeg_destroy_decompress(&info_); }

    jpeg_reader(const jpeg_reader&) = delete;
    jpeg_reader& operator=(const jpeg_reader&) = delete;

    image read(std::uint64_t most_pixels, bounded_share& share) {
        require_pixels(info_.image_height, info_.image_width, most_pixels);
        if (info_.num_components != 1 && info_.num_components != 3) {
            throw std::runtime_error("is a JPEG of " + std::to_string(info_.num_components) +
                                     " colour components (CMYK): convert it to RGB");
        }
        const auto orientation = orientation_told();
        image result;
        result.height = info_.image_height;
        result.width = info_.image_width;
        result.channels = info_.num_components == 1 ? 1 : 3;
        share.take(std::uint64_t{result.height} * result.width);
        result.pixels.resize(std::size_t{result.height} * result.width * result.channels);
        if (!read_rows(result.pixels.data(), std::size_t{result.width} * result.channels)) {
            fail();
        }
        return turned_upright(std::move(result), orientation);
    }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error("is a damaged JPEG (" + std::string(state_.problem.data()) + ")");
    }

    bool read_header(std::span<const std::uint8_t> bytes) {
        if (setjmp(state_.back) != 0) { // NOLINT(cert-err52-cpp)
            return false;
        }
        jpeg_create_decompress(&info_);
        info_.progress = &state_.progress;
        jpeg_mem_src(&info_, bytes.data(), bytes.size());
        jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xffff);
        jpeg_read_header(&info_, TRUE);
        return true;
    }

    unsigned orientation_told() const {
        for (const auto* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
            if (const auto told = exif_orientation({marker->data, marker->data_length}); told != 1) {
                return told;
            }
        }
        return 1;
    }

    bool read_rows(std::uint8_t* pixels, std::size_t row) {
        if (setjmp(state_.back) != 0) { // NOLINT(cert-err52-cpp)
            return false;
        }
        info_.out_color_space = info_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
        info_.dct_method = JDCT_ISLOW;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            auto* to = pixels + info_.output_scanline * row;
            jpeg_read_scanlines(&info_, &to, 1);
        }
        jpeg_finish_decompress(&info_);
        return true;
    }

    jpeg_state state_;
    jpeg_decompress_struct info_{};
};

} // namespace

image decode_jpeg(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels, bounded_share& share) {
    return jpeg_reader(bytes).read(most_pixels, share);
}

} // namespace fedasio::data
