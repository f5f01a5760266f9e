#pragma once

#include <fedasio/text/json_field.hpp>

// The ranges that keys of several strategies share.
namespace fedasio::method {

inline constexpr text::interval positive_rate{.low = 0, .high = 1e6, .low_open = true};
inline constexpr text::interval share_below_one{.low = 0, .high = 1, .high_open = true};

} // namespace fedasio::method
