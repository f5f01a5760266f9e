#pragma once

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <string>

/// Whether those who are here will do, and who is lacking.
namespace fedasio::master {

/// Enough workers, and enough of the plan's clients with a worker that can host them.
[[nodiscard]] bool ready_to_start(const setting& given, const members& everybody);

/// Whether the clients with a worker that is ready will do: for the first round of a run as many as the
/// quorum of the plan's, with `require_all` always all of them.
[[nodiscard]] bool has_clients_enough(const setting& given, const run_state& state);

/// Nobody who is here can take part, for reasons that do not go away by waiting.
[[nodiscard]] bool is_hopeless(const members& everybody);

/// Partition `local`: as many as the plan asks for are here, but some of them have data that cannot be used.
/// Then nobody is to be expected who would make up for them.
[[nodiscard]] bool is_short_of_usable_owners(const setting& given, const run_state& state);

/// If all clients of all workers are without samples and nobody else loads: which these are.
[[nodiscard]] std::string clients_without_samples(const setting& given, const members& everybody);

/// "2 workers are connected, 3 are needed to host 3 clients; here: north, south", and why some of them do not
/// count.
[[nodiscard]] std::string missing_workers(const setting& given, const members& everybody);

/// "; worker-1 cannot take part: its reason; worker-2 …", or nothing.
[[nodiscard]] std::string unusable_workers(const members& everybody);

} // namespace fedasio::master
