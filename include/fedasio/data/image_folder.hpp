#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/data/image.hpp>
#include <fedasio/data/source_spec.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
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
/// (dataset::left_out()); the first 100 are named. At most 16 GiB. What comes out does not depend on
/// `threads`, which decode files at the same time.
[[nodiscard]] dataset read_images(const image_list& list, const image_shape& shape, bool skip_damaged = false,
                                  unsigned threads = 1);

/// Likewise, as the source says.
[[nodiscard]] dataset read_images(const image_source& source, const image_list& list, unsigned threads = 1);
/// The test files of a source.
[[nodiscard]] image_list list_test_images(const image_source& source);

/// What a picture becomes: height * width * channels bytes.
[[nodiscard]] std::vector<std::uint8_t> sample_of(image what, const image_shape& shape);
/// The same of one file.
[[nodiscard]] std::vector<std::uint8_t> read_sample(const std::filesystem::path& file,
                                                    const image_shape& shape);

/// What became of a file.
struct read_file {
    std::vector<std::uint8_t> sample; ///< as read_sample() gives it
    std::string problem;              ///< why there is none; empty: there is one
};

/// Reads files on several threads; results stand in their order. With `ends_at_problem` those after the first
/// that cannot be used may have neither. However many threads there are, in this call and in others, they
/// decode at most 200 million pixels at the same time. Throws what is no data::error.
[[nodiscard]] std::vector<read_file> read_samples(std::span<const image_file> files, const image_shape& shape,
                                                  unsigned threads, bool ends_at_problem = false);

} // namespace fedasio::data
