#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::method {

/// The clients of a round, ascending: clients_per_round() of those `available`, or all of these
/// if they are fewer. Drawn without replacement by random_stream(seed, purpose::cohort, round): all of the
/// plan's `clients` are put in an order that depends on nothing else, and the first available ones are taken.
/// So a client that is away changes the choice only where it would have been chosen itself.
///
/// `available` must be ascending without repetition and below `clients`, 0 < fraction <= 1:
/// std::invalid_argument.
[[nodiscard]] std::vector<std::uint32_t> select_cohort(std::span<const std::uint32_t> available,
                                                       std::uint32_t clients, double fraction,
                                                       std::uint64_t seed, std::uint32_t round);

} // namespace fedasio::method
