#include "master/participation.hpp"

#include <set>

namespace fedasio::master {

void participation::count(const std::vector<std::string_view>& workers) {
    for (const auto name : workers) {
        ++rounds_[std::string(name)];
    }
}

void participation::recall(std::span<const round_result> rounds, const owners& known) {
    rounds_.clear();
    for (const auto& round : rounds) {
        std::set<client_id> dropped;
        for (const auto& absence : round.dropped) {
            dropped.insert(absence.client);
        }
        for (const auto client : round.cohort) {
            if (const auto* const name = known.name_of(client); name && !dropped.contains(client)) {
                ++rounds_[*name];
            }
        }
    }
}

std::uint32_t participation::rounds_of(const std::string& worker) const {
    const auto found = rounds_.find(worker);
    return found == rounds_.end() ? 0 : found->second;
}

} // namespace fedasio::master
