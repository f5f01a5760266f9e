#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace fedasio::net {

/// A file with a secret: regular, and readable by its owner only. The functions throw std::runtime_error that
/// begins with "the WHAT FILE", where `what` is for example "key file", and names the remedy.

/// The file's text, of at most `most_bytes`.
[[nodiscard]] std::string read_secret_file(const std::filesystem::path& file, std::string_view what,
                                           std::size_t most_bytes);

/// Writes the file (0600), whole or not at all and never in place of one that is there: of several that do so
/// at once, one wins and all succeed.
void make_secret_file(const std::filesystem::path& file, std::string_view what, std::string_view text);

/// So many random bytes from OpenSSL, as lower-case hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t bytes);

} // namespace fedasio::net
