#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace fedasio::text {

/// Opens a file that somebody else may have put where it lies, to read it. Only a regular file (or a link to
/// one) is opened, as nothing else need have an end: who opens a pipe waits until somebody writes into it,
/// and a device may give bytes for ever. What a shell hands over (/dev/stdin, /dev/fd/N for `<(command)`)
/// ends when its command does, and may be a pipe. Throws std::runtime_error that names the file and what it
/// is instead, and std::system_error, likewise, if it cannot be opened.
[[nodiscard]] std::ifstream open_input(const std::filesystem::path& file);

/// All of it. Throws as open_input() does, if it cannot be read or has more than `most_bytes`, too.
[[nodiscard]] std::string read_input(const std::filesystem::path& file, std::uint64_t most_bytes);

} // namespace fedasio::text
