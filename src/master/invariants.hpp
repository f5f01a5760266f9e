#pragma once

#include "master/checkpoints.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <string>

namespace fedasio::master {

/// What must hold of a run whenever the I/O thread is between two handlers, and does not; empty: all does.
/// Debug builds assert it after each round, the simulator asks after each of its steps. O(n log n) of n
/// workers and clients.
[[nodiscard]] std::string broken_invariant(const setting& given, const run_state& state,
                                           const checkpoints& safe);

} // namespace fedasio::master
