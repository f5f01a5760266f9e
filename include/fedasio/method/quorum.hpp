#pragma once

#include <cstdint>

namespace fedasio::method {

/// So many of `count` are a `share` of them: the least k whose part k/count, as a double, is no less than
/// `share`. So it is exact for a share as people write it (0.55 of 100 are 55, though 0.55 * 100 is more than
/// that in doubles) and for one that a program divided (5.0/7 of 7 are 5). 0 of none, and never more than
/// `count`. 0 < share <= 1; counts up to 2^53.
[[nodiscard]] std::uint64_t quorum(double share, std::uint64_t count);

/// How many of `clients` a round wants: max(1, round(fraction * clients)), halves away from zero; 0 of none.
/// 0 < fraction <= 1.
[[nodiscard]] std::uint32_t clients_per_round(double fraction, std::uint32_t clients);

} // namespace fedasio::method
