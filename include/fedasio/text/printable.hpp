#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::text {

/// The text without what a terminal or a reader of logs would obey instead of see: each control character
/// (C0, DEL, C1), each invisible one and each that separates lines or changes the direction of writing
/// (U+200B to 200F, 2028 to 202E, 2060 to 206F and others of that kind), and each byte that is not UTF-8,
/// becomes '?'. For text of other machines.
[[nodiscard]] std::string printable(std::string_view text);

/// The text with '?' in place of each byte that is not UTF-8. Names of files may be of any bytes, and JSON
/// may not.
[[nodiscard]] std::string as_utf8(std::string text);

/// Whether it is UTF-8 without such characters.
[[nodiscard]] bool is_printable(std::string_view text);

/// Whether there is nothing to see in it: it is empty or of spaces alone, whichever.
[[nodiscard]] bool is_blank(std::string_view text);

/// "19 MB", "1.9 GB", "512 bytes": in powers of 1000, rounded.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

} // namespace fedasio::text
