#pragma once

#include <fedasio/master/owners.hpp>
#include <fedasio/master/pace.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/plan/plan.hpp>

#include "master/participation.hpp"
#include <cstdint>
#include <string>

namespace fedasio::master {

/// Who is here, and what is known of everybody.
struct members {
    explicit members(net::runtime& rt) : roster(rt) {}

    /// For another plan. The workers stay.
    void begin_anew();

    /// Of the run, as far as they are known.
    [[nodiscard]] std::uint32_t clients_total(const plan::plan& plan) const;
    /// With the partition `local` by its owner's name as well.
    [[nodiscard]] std::string name_of(client_id client) const;

    master::roster roster;
    master::owners owners; ///< partition `local`
    master::pace pace;
    master::participation participation;
};

} // namespace fedasio::master
