#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/data/source_spec.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Folders of pictures as data sets. All functions throw data::error, which names the file or folder and what
/// to do.
namespace fedasio::data {

struct image_file {
    std::filesystem::path path;
    std::int32_t label = 0; ///< place among the classes
};

/// Which files are samples, in the order of their numbers, and of which class.
struct image_list {
    std::vector<std::string> classes;
    std::vector<image_file> files;
};

/// Without `labels` each folder in `folder` is a class, and the files in it, however deep, are its samples,
/// by their paths. With it, `labels` is a table (CSV) whose first two columns are a file's name below
/// `folder` (with or without .png, .jpg, .jpeg) and its class, and samples stand in its order. `classes`
/// empty: those found, by value if all are integers, else by bytes; otherwise those in that order, and no
/// others.
///
/// Files whose names begin with '.', and those that are called as no image is, are not looked at. Links to
/// folders are not followed below `folder`.
[[nodiscard]] image_list list_images(const std::filesystem::path& folder, const std::filesystem::path& labels,
                                     const std::vector<std::string>& classes);

/// All of them below a folder, by their paths, whatever the folders in between are called.
[[nodiscard]] std::vector<std::filesystem::path> list_image_files(const std::filesystem::path& folder);

/// A text that differs once one of the files may be another than it was, as file_identity() of each.
[[nodiscard]] std::string identity_of(const image_list& list);

/// Reads them into samples of one shape, bytes that are scaled to [0, 1], as fit_image() does. A file that
/// cannot be used ends it with that error, or with `skip_damaged` is left out and counted
/// (dataset::left_out()). At most 16 GiB.
[[nodiscard]] dataset read_images(const image_list& list, const image_shape& shape,
                                  bool skip_damaged = false);

/// Likewise, as the source says.
[[nodiscard]] dataset read_images(const image_source& source, const image_list& list);
/// The test files of a source.
[[nodiscard]] image_list list_test_images(const image_source& source);

/// Of one file: height * width * channels bytes.
[[nodiscard]] std::vector<std::uint8_t> read_sample(const std::filesystem::path& file,
                                                    const image_shape& shape);

} // namespace fedasio::data
