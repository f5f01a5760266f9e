#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fedasio::text {

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours, in bytes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to a misspelt word, or empty if none is near enough to be meant (more than a third
/// of it differs, one letter excepted; capital and small letters do not). Of those that differ in letters
/// alike, the one whose capitals differ least.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

} // namespace fedasio::text
