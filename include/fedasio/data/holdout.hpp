#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fedasio::data {

/// A client's samples, some of them kept from training to evaluate on.
struct holdout {
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> held_out;
};

/// Splits a client's samples at random: round(fraction * n) of them are held out, but never the last one, so
/// that a client with samples can train; with few samples that may be none. Both lists keep the order of
/// `indices`. A pure function of its arguments: a client holds out the same samples in every round, on every
/// worker. Throws std::invalid_argument unless 0 <= fraction < 1.
holdout split_holdout(std::span<const std::uint32_t> indices, double fraction, std::uint64_t seed,
                      std::uint32_t client);

/// How many of `samples` a client of any kind may hold out at this fraction: rounded up, and never the last
/// one.
[[nodiscard]] std::uint64_t most_held_out(std::uint64_t samples, double fraction);

} // namespace fedasio::data
