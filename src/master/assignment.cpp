#include <fedasio/master/assignment.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

bool has_room(const host& who) {
    return who.capacity == 0 || who.clients.size() < who.capacity;
}

/// Hosts by how many clients they have, so that the next to give or to get one is found in O(log n). Of as
/// many the first host comes first.
class by_load {
public:
    explicit by_load(std::vector<host>& hosts) : hosts_(hosts) {
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            enter(i);
        }
    }

    /// The one with room and the fewest clients; null if none has room.
    [[nodiscard]] host* emptiest() {
        return with_room_.empty() ? nullptr : &hosts_[with_room_.begin()->second];
    }

    /// The one with the most clients; null if there are no hosts.
    [[nodiscard]] host* fullest() { return all_.empty() ? nullptr : &hosts_[all_.begin()->second]; }

    void give(host& to, client_id client) {
        const auto i = leave(to);
        to.clients.push_back(client);
        enter(i);
    }

    client_id take_last(host& from) {
        const auto i = leave(from);
        const auto client = from.clients.back();
        from.clients.pop_back();
        enter(i);
        return client;
    }

private:
    void enter(std::size_t i) {
        const auto load = static_cast<std::int64_t>(hosts_[i].clients.size());
        all_.emplace(-load, i);
        if (has_room(hosts_[i])) {
            with_room_.emplace(load, i);
        }
    }

    std::size_t leave(const host& who) {
        const auto i = static_cast<std::size_t>(&who - hosts_.data());
        const auto load = static_cast<std::int64_t>(who.clients.size());
        all_.erase({-load, i});
        with_room_.erase({load, i});
        return i;
    }

    std::vector<host>& hosts_;
    std::set<std::pair<std::int64_t, std::size_t>> with_room_; ///< fewest clients first
    std::set<std::pair<std::int64_t, std::size_t>> all_;       ///< most clients first
};

/// Every client has a host, and nobody with room has two fewer than another.
bool is_dealt(const std::vector<host>& hosts, const std::vector<bool>& taken) {
    auto fewest = std::numeric_limits<std::size_t>::max();
    std::size_t most = 0;
    for (const auto& who : hosts) {
        most = std::max(most, who.clients.size());
        if (has_room(who)) {
            fewest = std::min(fewest, who.clients.size());
        }
    }
    return (most < 2 || fewest > most - 2) && std::ranges::find(taken, false) == taken.end();
}

/// Gives to these hosts what is not taken, and takes it.
void deal(std::vector<host>& hosts, std::vector<bool>& taken) {
    const auto clients = static_cast<client_id>(taken.size());
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
        std::erase_if(who.clients, [&](client_id client) { return client >= clients || taken[client]; });
        if (who.capacity != 0 && who.clients.size() > who.capacity) {
            who.clients.resize(who.capacity);
        }
        for (const auto client : who.clients) {
            taken[client] = true;
        }
    }
    if (is_dealt(hosts, taken)) { // as after most rounds: nobody came, nobody left
        return;
    }
    by_load loads(hosts);
    for (client_id client = 0; client < clients; ++client) {
        auto* const next = taken[client] ? nullptr : loads.emptiest();
        if (next != nullptr) {
            loads.give(*next, client);
            taken[client] = true;
        }
    }
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
    }
    // Who gives never receives, so what is given is always the last of an ascending list.
    for (;;) {
        auto* const poorest = loads.emptiest();
        auto* const richest = loads.fullest();
        if (poorest == nullptr || richest->clients.size() < poorest->clients.size() + 2) {
            break;
        }
        loads.give(*poorest, loads.take_last(*richest));
    }
}

} // namespace

std::map<worker_id, std::vector<client_id>> assign_clients(std::vector<host> hosts, std::uint32_t clients) {
    std::ranges::sort(hosts, {}, &host::worker);
    std::vector<host> late;
    std::ranges::copy_if(hosts, std::back_inserter(late), &host::comes_last);
    std::erase_if(hosts, [](const host& who) { return who.comes_last; });
    std::vector<bool> taken(clients, false);
    deal(hosts, taken);
    deal(late, taken);
    hosts.insert(hosts.end(), late.begin(), late.end());
    std::map<worker_id, std::vector<client_id>> result;
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
        result.emplace_hint(result.end(), who.worker, std::move(who.clients));
    }
    return result;
}

} // namespace fedasio::master
