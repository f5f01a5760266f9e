#pragma once

namespace fedasio::wire {

/// Codes in refusals.
namespace refusal_code {
inline constexpr const char* name_taken = "name_taken"; ///< of a `hello` only: try again later
inline constexpr const char* malformed = "malformed";
inline constexpr const char* unexpected = "unexpected";
inline constexpr const char* data = "data";         ///< the worker's data cannot be used
inline constexpr const char* diverged = "diverged"; ///< training from these weights gave no numbers
inline constexpr const char* no_state = "no_state"; ///< the client's state of that round is not there
inline constexpr const char* failed = "failed";
} // namespace refusal_code

} // namespace fedasio::wire
