#pragma once

#include <fedasio/net/runtime.hpp>

#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <cstdint>

namespace fedasio::master {

/// The strategy makes the next global weights of the round's updates, on the pool, and may say whose it did
/// not use. From then on the model's round is this one. Throws run_failed for weights of no use.
net::awaitable<void> step(const setting& given, run_state& state, round_state& round);

/// The round counts: so does what clients made of their states in it. `safe_round`: none is gone on from
/// before it, so its states stay.
net::awaitable<void> keep_states(const setting& given, client_memory& memory, const round_state& round,
                                 std::uint32_t safe_round);

} // namespace fedasio::master
