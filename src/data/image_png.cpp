#include "image_decoders.hpp"
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <png.h>
#include <stdexcept>

namespace fedasio::data {
namespace {

/// What libpng's callbacks reach. Errors jump over the frames of libpng alone, and land where nothing has to
/// be destroyed.
struct png_state {
    std::span<const std::uint8_t> left;
    std::array<char, 200> problem{};
    std::jmp_buf back{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
    auto& state = *static_cast<png_state*>(png_get_error_ptr(png));
    std::strncpy(state.problem.data(), text, state.problem.size() - 1);
    std::longjmp(state.back, 1); // NOLINT(cert-err52-cpp): the library's only way out
}

void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}

void read_bytes(png_structp png, png_bytep out, std::size_t size) {
    auto& state = *static_cast<png_state*>(png_get_io_ptr(png));
    if (size > state.left.size()) {
        png_error(png, "it is cut short");
    }
    std::memcpy(out, state.left.data(), size);
    state.left = state.left.subspan(size);
}

/// Holds what libpng allocates.
class png_reader {
public:
    explicit png_reader(std::span<const std::uint8_t> bytes) {
        state_.left = bytes;
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, nullptr, nullptr);
            throw std::bad_alloc();
        }
    }

    ~png_reader() { png_destroy_read_struct(&png_, &info_, nullptr); }

    png_reader(const png_reader&) = delete;
    png_reader& operator=(const png_reader&) = delete;

    image read(std::uint64_t most_pixels, bounded_share& share) {
        image result;
        if (!read_header()) {
            fail();
        }
        require_pixels(png_get_image_height(png_, info_), png_get_image_width(png_, info_), most_pixels);
        if (!set_transformations()) {
            fail();
        }
        result.height = png_get_image_height(png_, info_);
        result.width = png_get_image_width(png_, info_);
        result.channels = png_get_channels(png_, info_);
        share.take(std::uint64_t{result.height} * result.width);
        const auto row = png_get_rowbytes(png_, info_);
        result.pixels.resize(std::size_t{result.height} * row);
        std::vector<png_bytep> rows(result.height);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i] = result.pixels.data() + i * row;
        }
        if (!read_rows(rows.data())) {
            fail();
        }
        return result;
    }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error("is a damaged PNG (" + std::string(state_.problem.data()) + ")");
    }

    bool read_header() {
        if (setjmp(state_.back) != 0) { // NOLINT(cert-err52-cpp)
            return false;
        }
        png_set_read_fn(png_, &state_, read_bytes);
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // require_pixels() has the say
        // Texts and profiles, which may be packed, are not even unpacked.
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
        png_read_info(png_, info_);
        return true;
    }

    bool set_transformations() {
        if (setjmp(state_.back) != 0) { // NOLINT(cert-err52-cpp)
            return false;
        }
        png_set_expand(png_);
        png_set_scale_16(png_);
        png_set_strip_alpha(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
    }

    bool read_rows(png_bytepp rows) {
        if (setjmp(state_.back) != 0) { // NOLINT(cert-err52-cpp)
            return false;
        }
        png_read_image(png_, rows);
        png_read_end(png_, nullptr);
        return true;
    }

    png_state state_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

} // namespace

image decode_png(std::span<const std::uint8_t> bytes, std::uint64_t most_pixels, bounded_share& share) {
    return png_reader(bytes).read(most_pixels, share);
}

} // namespace fedasio::data
