#pragma once

#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/newcomers.hpp"
#include "master/preparation.hpp"
#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/waiting.hpp"
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fedasio::master {

/// Collects the updates of a round: every client of the cohort trains. Whose worker is lost trains once more
/// where another worker can do it, until the deadline; so with data that all workers reach, the death of
/// workers changes no bit of the result.
class collection {
public:
    collection(const setting& given, run_state& state, newcomers& coming, preparation& prepare, waiting& wait)
        : setting_(given), state_(state), newcomers_(coming), preparation_(prepare), waiting_(wait) {}

    /// Until all have trained or been dropped, the round has what it needs, or the step's deadline.
    /// `safe_round`: the last one that is safe on disk. Throws `cancelled`.
    net::awaitable<void> collect(round_state& round, std::uint32_t safe_round);

private:
    net::awaitable<void> begin_intake(round_state& round);
    net::awaitable<std::vector<std::size_t>>
    find_other_hosts(round_state& round, std::vector<std::size_t>& homeless, net::clock::time_point until);
    bool move_to_other_host(round_state& round, std::size_t place);
    net::awaitable<void> leave_out_of_proportion(round_state& round);

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    preparation& preparation_;
    waiting& waiting_;
};

} // namespace fedasio::master
