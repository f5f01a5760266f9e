#pragma once

#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"

namespace fedasio::master {

/// Chooses who trains in the round, among the clients with a worker that is ready and with samples; nobody
/// if there is none. The cohort is a function of the plan's seed, the round and who is available.
void choose_cohort(const setting& given, run_state& state, round_state& round);

/// After a round: who was late is asked less, who was in time is forgiven.
void settle_pace(const setting& given, members& everybody, const round_state& round);

/// The workers whose updates count in the round took part in it.
void count_participation(members& everybody, const round_state& round);

} // namespace fedasio::master
