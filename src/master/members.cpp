#include "master/members.hpp"

#include <fmt/format.h>

namespace fedasio::master {

void members::begin_anew() {
    owners = {};
    pace.clear();
    participation = {};
    roster.begin_anew();
}

std::uint32_t members::clients_total(const plan::plan& plan) const {
    return plan.partition.type == data::partition_spec::scheme::local ? owners.clients_total() : plan.clients;
}

std::string members::name_of(client_id client) const {
    const auto* const owner = owners.name_of(client);
    return owner == nullptr ? fmt::format("client {}", client)
                            : fmt::format("{} (client {})", *owner, client);
}

} // namespace fedasio::master
