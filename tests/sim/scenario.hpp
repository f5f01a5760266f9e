#pragma once

#include <fedasio/plan/plan.hpp>

#include "sim/world.hpp"
#include <array>
#include <cstddef>
#include <filesystem>

namespace fedasio::sim {

inline constexpr std::array owners{"anna", "bert", "cleo", "dora"};

/// What the seed chose.
struct scenario {
    plan::plan plan;
    bool local = false; ///< each worker has a table of its own
    bool exact = false; ///< nobody may be dropped
    bool protects = false;
    std::size_t workers = 0;
    duration faults_last{};
    std::size_t faults = 0;
    bool short_of_memory = false; ///< for bodies of frames, while faults last
};

scenario choose(dice& chosen, const std::filesystem::path& folder);

/// Weights, training, rehosting, evaluation: each has the plan's deadline. The master may be stopped
/// meanwhile.
[[nodiscard]] double longest_round(const scenario& of);

} // namespace fedasio::sim
