#pragma once

#include <fedasio/master/events.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <span>
#include <string>
#include <vector>

/// Who is lacking in a result.
namespace fedasio::master {

/// Everybody that was there or expected, and what became of them in the training that ends. A `missed` one is
/// lacking in the result.
[[nodiscard]] std::vector<site> sites_of(const setting& given, const run_state& state);

/// Clients that no worker hosts; with the partition `local` those of the plan that nobody owns.
[[nodiscard]] std::vector<client_id> unhosted_clients(const setting& given, const members& everybody);

/// "without south (its table has no rows) and clients 4 to 9 (no worker had room for it)", or nothing.
[[nodiscard]] std::string absence_text(std::span<const site> sites);

/// Whether the training that ends has what was asked for: every owner and client took part in some round, and
/// in the end as many are there as the quorum asks for. Owners of a resumed run that others have taken over
/// from are named, but nobody expects them.
[[nodiscard]] bool is_success(const setting& given, const owners& known, std::span<const site> sites);

} // namespace fedasio::master
