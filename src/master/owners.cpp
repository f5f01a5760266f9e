#include <fedasio/master/owners.hpp>
#include <fedasio/method/quorum.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace fedasio::master {

void owners::take_up(const std::map<std::string, client_id>& known) {
    *this = {};
    for (const auto& [name, client] : known) {
        clients_.emplace(name, client);
        names_.emplace(client, name);
        free_.take(client);
    }
}

std::optional<client_id> owners::client_of(const std::string& name) const {
    const auto found = clients_.find(name);
    return found == clients_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* owners::name_of(client_id client) const {
    const auto found = names_.find(client);
    return found == names_.end() ? nullptr : &found->second;
}

std::uint32_t owners::clients_total() const {
    return names_.empty() ? 0 : names_.rbegin()->first + 1;
}

client_id owners::add(const std::string& name) {
    const auto [place, is_new] = clients_.try_emplace(name, first_free());
    if (is_new) {
        names_.emplace(place->second, name);
        free_.take(place->second);
    }
    return place->second;
}

void owners::forget(const std::string& name) {
    if (const auto found = clients_.find(name); found != clients_.end()) {
        names_.erase(found->second);
        free_.give_back(found->second);
        clients_.erase(found);
    }
    away_.erase(name);
}

std::uint64_t owners::needed(const plan::plan& plan) const {
    const auto known = std::max<std::uint64_t>(plan.clients, size());
    return plan.require_all ? known : method::quorum(plan.quorum, known);
}

owners::absence& owners::mark_away(const std::string& name, net::clock::time_point now, std::uint32_t round) {
    return away_.try_emplace(name, absence{now, round}).first->second;
}

const owners::absence* owners::absence_of(const std::string& name) const {
    const auto found = away_.find(name);
    return found == away_.end() ? nullptr : &found->second;
}

std::optional<owners::loaded_data> owners::note_data(const std::string& name, loaded_data now) {
    const auto [place, is_new] = data_.try_emplace(name, std::move(now));
    return is_new ? std::nullopt : std::optional(std::exchange(place->second, std::move(now)));
}

std::string owners::broken_invariant() const {
    for (const auto& [name, client] : clients_) {
        const auto found = names_.find(client);
        if (found == names_.end() || found->second != name || names_.size() != clients_.size()) {
            return "each owner has one client, and each client one owner";
        }
    }
    const auto first = free_.first();
    const auto below = std::distance(names_.begin(), names_.lower_bound(first));
    if (names_.contains(first) || static_cast<std::uint64_t>(below) != first) {
        return "the next owner gets the smallest number that is free";
    }
    const bool are_owners =
        std::ranges::all_of(away_, [&](const auto& one) { return clients_.contains(one.first); });
    return are_owners ? "" : "only owners are away";
}

} // namespace fedasio::master
