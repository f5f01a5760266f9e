#pragma once

#include <string>
#include <string_view>

namespace fedasio::text {

/// A text as a field of CSV (RFC 4180): in quotes where it needs them.
[[nodiscard]] std::string csv_field(std::string_view text);

} // namespace fedasio::text
