#include <fedasio/master/assignment.hpp>

#include <algorithm>
#include <iterator>

namespace fedasio::master {
namespace {

bool has_room(const host& who) {
    return who.capacity == 0 || who.clients.size() < who.capacity;
}

/// The one with room and the fewest clients; null if none has room.
host* emptiest(std::vector<host>& hosts) {
    host* best = nullptr;
    for (auto& who : hosts) {
        if (has_room(who) && (best == nullptr || who.clients.size() < best->clients.size())) {
            best = &who;
        }
    }
    return best;
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
    for (client_id client = 0; client < clients; ++client) {
        auto* const next = taken[client] ? nullptr : emptiest(hosts);
        if (next != nullptr) {
            next->clients.push_back(client);
            taken[client] = true;
        }
    }
    for (auto& who : hosts) {
        std::ranges::sort(who.clients);
    }
    // Who gives never receives, so what is given is always the last of an ascending list.
    for (;;) {
        auto* const poorest = emptiest(hosts);
        const auto richest =
            std::ranges::max_element(hosts, {}, [](const host& who) { return who.clients.size(); });
        if (poorest == nullptr || richest->clients.size() < poorest->clients.size() + 2) {
            break;
        }
        poorest->clients.push_back(richest->clients.back());
        richest->clients.pop_back();
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
        result[who.worker] = std::move(who.clients);
    }
    return result;
}

} // namespace fedasio::master
