#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fedasio::data {

/// The names, quoted, those nearest to `wanted` in edit distance first (Levenshtein, case aside): "'age',
/// 'wage' and 3 more".
std::string nearest_names(std::string_view wanted, std::span<const std::string> names);

} // namespace fedasio::data
