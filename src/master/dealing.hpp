#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/net/clock.hpp>

#include "master/newcomers.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <cstddef>
#include <map>
#include <vector>

namespace fedasio::master {

/// Who hosts which clients: with data that all workers reach any worker may host any of them, with the
/// partition `local` each owner its own.
class dealing {
public:
    dealing(const setting& given, run_state& state, newcomers& coming)
        : setting_(given), model_(state.model), members_(state.members), progress_(state.progress),
          newcomers_(coming) {}

    /// Deals all clients, in view of who is here now. They stay where they are if they can.
    void deal();

    /// Clients that some worker was told to host.
    [[nodiscard]] std::size_t dealt() const noexcept { return dealt_; }

    /// All of these have a worker that is still there, with their data and the model.
    [[nodiscard]] bool everybody_hosts() const;

    /// Partition `local`: how long the quorum is worth waiting for owners that have just gone. One that comes
    /// and goes has no more time than one that stays away.
    net::clock::time_point owners_may_return_until();
    /// Those without whom the round begins, each absence once. Who is here again and ready is away no more.
    void tell_absent_owners();

private:
    using hosted_by = std::map<worker_id, std::vector<client_id>>;

    hosted_by deal_to_owners();
    hosted_by deal_to_all();
    [[nodiscard]] bool can_host(const worker& who) const;

    const setting& setting_;
    const global_model& model_;
    members& members_;
    progress& progress_;
    newcomers& newcomers_;
    std::size_t dealt_ = 0;
};

} // namespace fedasio::master
