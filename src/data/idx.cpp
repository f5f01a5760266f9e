#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>

#include <zlib.h>

#include "input_file.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace fedasio::data {

namespace {

constexpr std::uint8_t unsigned_byte = 0x08;
constexpr std::size_t first_step = std::size_t{1} << 20;
constexpr std::size_t longest_read = std::size_t{1} << 30;

struct gz_closer {
    void operator()(gzFile file) const noexcept { gzclose_r(file); }
};

class idx_file {
public:
    explicit idx_file(const std::filesystem::path& path) : path_(path), file_size_(input_file_size(path)) {
        errno = 0;
        file_.reset(gzopen(path.c_str(), "rbe"));
        if (!file_) {
            throw error::in_file(path_, "cannot be opened (" +
                                            std::error_code(errno, std::generic_category()).message() +
                                            "); check its permissions");
        }
        gzbuffer(file_.get(), 1U << 18);
        read_header();
    }

    /// The first one counts the samples.
    const std::vector<std::uint32_t>& dims() const { return dims_; }

    void require_dims(std::size_t fewest, std::size_t most, const char* what) const {
        if (dims_.size() < fewest || dims_.size() > most) {
            throw error::at_byte(path_, 3,
                                 "has " + std::to_string(dims_.size()) +
                                     " dimensions, which is not a file of " + what +
                                     "; check that images and labels are not swapped in the plan");
        }
    }

    std::vector<std::uint8_t> read_values() {
        const std::uint64_t total = check_size();
        const bool plain = gzdirect(file_.get()) != 0;
        std::vector<std::uint8_t> values;
        while (values.size() < total) {
            const std::size_t done = values.size();
            const std::size_t next =
                plain ? total : std::min<std::size_t>(total, std::max(first_step, 2 * done));
            values.reserve(next);
            values.resize(next);
            read_exactly(std::span(values).subspan(done));
        }
        require_end();
        return values;
    }

    /// The values that follow. Of a plain file their number is known to be right.
    std::uint64_t check_size() const {
        const std::uint64_t total = value_count();
        if (gzdirect(file_.get()) != 0 && file_size_ != offset_ + total) {
            throw error::at_byte(path_, std::min(file_size_, offset_ + total),
                                 "the header promises " + std::to_string(offset_ + total) +
                                     " bytes, but the file has " + std::to_string(file_size_) +
                                     "; fetch it again");
        }
        return total;
    }

    void require_end() {
        std::array<std::uint8_t, 1> beyond{};
        if (read_some(beyond) != 0) {
            throw error::at_byte(path_, offset_ - 1,
                                 "the file goes on after the data that its header promises; fetch it again");
        }
    }

    void read_exactly(std::span<std::uint8_t> out) {
        if (read_some(out) != out.size()) {
            throw error::at_byte(path_, offset_, "the file is cut short; fetch it again");
        }
    }

    error fault(const std::string& text) const { return error::in_file(path_, text); }

private:
    void read_header() {
        std::array<std::uint8_t, 4> magic{};
        read_exactly(magic);
        if (magic[0] != 0 || magic[1] != 0) {
            throw error::at_byte(path_, 0,
                                 "does not start as an IDX file does, with two zero bytes; give an IDX file");
        }
        if (magic[2] != unsigned_byte) {
            throw error::at_byte(path_, 2,
                                 "holds values of IDX type " + std::to_string(magic[2]) +
                                     ", but only 8 (unsigned bytes) can be read; convert the file");
        }
        for (std::size_t i = 0; i < magic[3]; ++i) {
            std::array<std::uint8_t, 4> big_endian{};
            read_exactly(big_endian);
            std::uint32_t dim = 0;
            for (const std::uint8_t byte : big_endian) {
                dim = (dim << 8) | byte;
            }
            dims_.push_back(dim);
        }
    }

    std::uint64_t value_count() const {
        std::uint64_t total = 1;
        for (const std::uint32_t dim : dims_) {
            if (dim == 0) {
                throw error::at_byte(path_, 4,
                                     "is empty: its header has a dimension of 0; give a file with samples");
            }
            if (total > most_feature_bytes / dim) {
                throw error::at_byte(
                    path_, 4, "the header promises more than 16 GiB; fetch the file again, or split it");
            }
            total *= dim;
        }
        return total;
    }

    std::size_t read_some(std::span<std::uint8_t> out) {
        std::size_t done = 0;
        while (done < out.size()) {
            const int got = gzread(file_.get(), out.data() + done,
                                   static_cast<unsigned>(std::min(out.size() - done, longest_read)));
            if (got > 0) {
                done += static_cast<std::size_t>(got);
                offset_ += static_cast<std::size_t>(got);
                continue;
            }
            int code = Z_OK;
            const std::string reason = gzerror(file_.get(), &code);
            if (code == Z_BUF_ERROR) {
                throw error::at_byte(path_, offset_, "the gzipped file is cut short; fetch it again");
            }
            if (got < 0 || code != Z_OK) {
                throw error::at_byte(path_, offset_, "cannot be read (" + reason + "); fetch it again");
            }
            break;
        }
        return done;
    }

    std::filesystem::path path_;
    std::uint64_t file_size_;
    std::unique_ptr<gzFile_s, gz_closer> file_;
    std::uint64_t offset_ = 0;
    std::vector<std::uint32_t> dims_;
};

constexpr const char* images_wanted = "images (2 to 4 dimensions)";

} // namespace

struct idx_images::source {
    explicit source(const std::filesystem::path& path) : file(path) {}

    idx_file file;
    std::uint64_t left = 0;
};

idx_images::idx_images(const std::filesystem::path& file) : source_(std::make_unique<source>(file)) {
    source_->file.require_dims(2, 4, images_wanted);
    source_->left = source_->file.check_size();
    const auto& dims = source_->file.dims();
    dims_.assign(dims.begin() + 1, dims.end());
}

idx_images::~idx_images() = default;

std::uint64_t idx_images::size() const noexcept {
    return source_->file.dims().front();
}

void idx_images::read(std::span<std::uint8_t> out) {
    source_->file.read_exactly(out);
    source_->left -= out.size();
    if (source_->left == 0) {
        source_->file.require_end();
    }
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file) {
    idx_file labels(file);
    labels.require_dims(1, 1, "labels (1 dimension)");
    return labels.read_values();
}

dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels) {
    idx_file image_file(images);
    image_file.require_dims(2, 4, images_wanted);
    idx_file label_file(labels);
    label_file.require_dims(1, 1, "labels (1 dimension)");
    const std::vector<std::uint32_t>& dims = image_file.dims();
    if (dims[0] != label_file.dims()[0]) {
        throw label_file.fault("has " + std::to_string(label_file.dims()[0]) + " labels for the " +
                               std::to_string(dims[0]) + " images in " + images.string() +
                               "; name two files that belong together");
    }
    const std::vector<std::uint8_t> label_values = label_file.read_values();
    std::vector<std::string> names;
    for (int label = 0; label <= *std::ranges::max_element(label_values); ++label) {
        names.push_back(std::to_string(label));
    }
    return {{dims.begin() + 1, dims.end()},
            image_file.read_values(),
            {label_values.begin(), label_values.end()},
            std::move(names)};
}

} // namespace fedasio::data
