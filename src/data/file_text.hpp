#pragma once

#include <string>
#include <string_view>

namespace fedasio::data {

/// `text` from a file as an error message may show it: in single quotes, on one line, at most 40 bytes of it,
/// and valid UTF-8.
std::string in_quotes(std::string_view text);

bool is_utf8(std::string_view text);

} // namespace fedasio::data
