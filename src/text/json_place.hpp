#pragma once

#include <cstddef>
#include <string_view>

namespace fedasio::text {

/// Where in a text that is JSON, with comments and trailing commas, the value with this path stands, such as
/// `model.layers[2].units`: at its key, or in an array at the item itself. If the path leads nowhere, the
/// place of the last value on it that is there.
[[nodiscard]] std::size_t json_place(std::string_view text, std::string_view path);

} // namespace fedasio::text
