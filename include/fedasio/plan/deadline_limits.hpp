#pragma once

/// Bounds of a deadline, in seconds: of that of a plan, and of one that a command sets.
namespace fedasio::plan::limits {

inline constexpr double shortest_deadline = 0.001;
inline constexpr double longest_deadline = 1e6;

} // namespace fedasio::plan::limits
