#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/plan/plan.hpp>

#include <filesystem>
#include <iosfwd>

namespace fedasio::steering {

[[nodiscard]] bool is_idx(const std::filesystem::path& file);

/// The IDX file of labels that goes with one of images, by its name.
[[nodiscard]] std::filesystem::path labels_of(const std::filesystem::path& images);

/// Shows images that were read, and what is wrong with them for the network of `plan`, if there is one
/// (nullptr: there is no plan). Gives the exit code.
int show_images(std::ostream& out, const std::filesystem::path& images, const data::dataset& samples,
                const plan::plan* plan);

/// Reads them, and shows them likewise. Throws data::error for files that cannot be used.
int inspect_idx(std::ostream& out, const std::filesystem::path& images, const std::filesystem::path& labels,
                const plan::plan* plan);

} // namespace fedasio::steering
