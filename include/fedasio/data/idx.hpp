#pragma once

#include <fedasio/data/dataset.hpp>

#include <filesystem>

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

} // namespace fedasio::data
