#pragma once

#include <fedasio/data/dataset.hpp>

#include <boost/json/object.hpp>

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace fedasio::steering {

[[nodiscard]] bool is_idx(const std::filesystem::path& file);

/// The IDX file of labels that goes with one of images, by its name.
[[nodiscard]] std::filesystem::path labels_of(const std::filesystem::path& images);

/// The files of images in a folder that have one of labels beside them, by their names. What cannot be read
/// is none.
[[nodiscard]] std::vector<std::filesystem::path> idx_files_in(const std::filesystem::path& folder);

/// Whether a folder holds pictures, and no table.
[[nodiscard]] bool is_of_pictures(const std::filesystem::path& folder);

/// All pictures of a folder, whose folders are the classes, in the size of the first one. Throws data::error
/// for the first that cannot be used.
[[nodiscard]] data::dataset read_pictures(const std::filesystem::path& folder, unsigned threads);

/// Images that were read, and why they cannot be used (empty: they can).
void print_images(std::ostream& out, const std::filesystem::path& file, const data::dataset& samples,
                  const std::string& problem);
[[nodiscard]] boost::json::object images_json(const std::filesystem::path& file, const data::dataset& samples,
                                              const std::string& problem);

} // namespace fedasio::steering
