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
///
/// Files that the kernel makes up (of /proc and of its tracing) are none: they say that they are empty, and
/// who reads one may wait for ever.
[[nodiscard]] std::ifstream open_input(const std::filesystem::path& file);

/// All of it. Throws as open_input() does, if it cannot be read or has more than `most_bytes`, too.
[[nodiscard]] std::string read_input(const std::filesystem::path& file, std::uint64_t most_bytes);

/// The same, of a file that is read more than once, or not from front to back: what a shell hands over may be
/// no pipe either.
[[nodiscard]] std::ifstream open_stored_file(const std::filesystem::path& file);

/// For those who open files by other means: throws where open_input() would because of what `file` is.
/// Nothing is said of what is not there.
void check_input(const std::filesystem::path& file);

/// Why `file` is none of those that open_stored_file() opens, to be put behind its name ("is a folder, where
/// ..."). Empty: it is one, or nothing can be said of it, as it is not there or cannot be looked at.
[[nodiscard]] std::string problem_of_file(const std::filesystem::path& file);

} // namespace fedasio::text
