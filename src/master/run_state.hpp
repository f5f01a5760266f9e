#pragma once

#include <fedasio/method/quorum.hpp>

#include "master/client_memory.hpp"
#include "master/global_model.hpp"
#include "master/members.hpp"
#include "master/progress.hpp"
#include "master/setting.hpp"
#include <algorithm>
#include <cstdint>

namespace fedasio::master {

/// All that changes while a plan is run. A checkpoint keeps what of it must not be lost.
struct run_state {
    explicit run_state(const setting& given) : members(given.rt), progress(given, model) {}

    /// That a round wants as things stand. With the partition `local` those that the plan counts on may be
    /// more than have come.
    [[nodiscard]] std::uint32_t clients_per_round(const plan::plan& plan) const {
        return method::clients_per_round(progress.asked.in_force().fraction,
                                         std::max(members.clients_total(plan), plan.clients));
    }

    global_model model;
    master::members members;
    client_memory memory; ///< what clients keep between their rounds
    master::progress progress;
};

} // namespace fedasio::master
