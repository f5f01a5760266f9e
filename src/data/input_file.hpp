#pragma once

#include <cstdint>
#include <filesystem>

namespace fedasio::data {

/// The most that the features of one data set may take.
inline constexpr std::uint64_t most_feature_bytes = std::uint64_t{16} << 30;

/// Throws data::error unless `file` lies on a disk (text::problem_of_file()); returns its size in bytes.
std::uint64_t input_file_size(const std::filesystem::path& file);

} // namespace fedasio::data
