#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fedasio::text {

/// The first bytes of UTF-8 text, at most `most`, and no part of a character.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t most) noexcept;

/// The same, followed by "..." where something was cut off.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

} // namespace fedasio::text
