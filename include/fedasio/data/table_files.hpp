#pragma once

#include <filesystem>
#include <vector>

namespace fedasio::data {

/// The files that a table consists of: `path` itself, or, if it is a folder, the files right in it that are
/// called .csv or .tsv, or either with .gz, in any case, in the order of their names' bytes; hidden ones
/// (`.name`) are not. Throws data::error for a folder without any, or with more than 100,000.
std::vector<std::filesystem::path> table_files(const std::filesystem::path& path);

} // namespace fedasio::data
