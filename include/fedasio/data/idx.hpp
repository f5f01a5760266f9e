#pragma once

#include <fedasio/data/dataset.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace fedasio::data {

/// Reads images and their labels from a pair of IDX files (http://yann.lecun.com/exdb/mnist), each plain or
/// gzipped, which is found out from the content. Images are unsigned bytes in 2 to 4 dimensions, the first of
/// which counts the samples and the others become `feature_dims()`; labels are unsigned bytes in 1 dimension
/// and become the classes. `class_count()` is the largest label in this file + 1, and classes are named by
/// their number.
///
/// What the headers claim is not believed: a plain file must have exactly the claimed size before memory is
/// taken; a gzipped one is unpacked in steps, so that memory follows the data really there. At most 16 GiB of
/// pixels.
///
/// Throws data::error if a file is missing, cut short, damaged, of another type, longer than its header says,
/// if the numbers of images and labels differ, or if there are none.
dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels);

/// The images of an IDX file, as many at a time as wanted. Throws as read_idx() does; that a gzipped file is
/// longer or shorter than its header says is found at its end.
class idx_images {
public:
    explicit idx_images(const std::filesystem::path& file);
    ~idx_images();
    idx_images(const idx_images&) = delete;
    idx_images& operator=(const idx_images&) = delete;

    [[nodiscard]] std::uint64_t size() const noexcept;

    /// Of one image.
    [[nodiscard]] const std::vector<std::uint32_t>& dims() const noexcept { return dims_; }

    /// The next ones, as many as fill `out`; there must be so many.
    void read(std::span<std::uint8_t> out);

private:
    struct source;
    std::unique_ptr<source> source_;
    std::vector<std::uint32_t> dims_;
};

/// Class numbers alone. Throws likewise.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file);

} // namespace fedasio::data
