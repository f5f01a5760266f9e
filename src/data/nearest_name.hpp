#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fedasio::data {

/// The names, quoted, those nearest to `wanted` in edit distance first (Levenshtein, case aside): "'age',
/// 'wage' and 3 more".
std::string nearest_names(std::string_view wanted, std::span<const std::string> names);

/// The few names, quoted, that differ from `wanted` in a third of its letters at most, as after a slip of the
/// pen; empty if there is none. So who does not know a file's header learns nothing of it.
std::string similar_names(std::string_view wanted, std::span<const std::string> names);

} // namespace fedasio::data
