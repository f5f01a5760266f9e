#pragma once

#include <filesystem>
#include <string>

namespace fedasio::data {

/// What a file is on this machine, as a text that differs once the file was written to, replaced or renamed
/// since: path, device, inode, size, and the times of the last change of content and of status, in
/// nanoseconds. Throws data::error where the file cannot be found.
std::string file_identity(const std::filesystem::path& file);

} // namespace fedasio::data
