#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::text {

/// Where a text stops being JSON, and what was expected there.
struct json_fault {
    std::size_t offset = 0;
    std::string problem;
};

/// For a text that a parser has refused without saying why. Empty if its grammar is right. With `comments`
/// these and trailing commas are part of the grammar.
[[nodiscard]] std::optional<json_fault> find_json_fault(std::string_view text, bool comments);

} // namespace fedasio::text
