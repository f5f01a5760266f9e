#include "master/sites.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

using standing = wire::standing;

constexpr std::size_t most_told = 10;

std::string range_of(client_id first, client_id last) {
    return first == last ? fmt::format("client {}", first) : fmt::format("clients {} to {}", first, last);
}

/// One that is connected.
site site_of(const members& everybody, const worker& who) {
    site result;
    result.name = who.hello.name;
    result.clients = who.data.assigned();
    result.rounds = everybody.participation.rounds_of(result.name);
    result.late = everybody.pace.late_in_a_row(result.name);
    result.state = to_string(who.standing.state);
    result.reason = who.standing.reason;
    const bool waits = who.unusable.empty() && who.proof.is_proving;
    if (waits && result.rounds == 0) {
        result.state = to_string(standing::kind::left_out);
        result.reason = "it was still loading its data";
    }
    return result;
}

} // namespace

std::vector<site> sites_of(const setting& given, const run_state& state) {
    std::vector<site> all;
    std::set<std::string> here;
    for (const auto& [id, who] : state.members.roster.all()) {
        if (!who->is_here()) {
            continue;
        }
        auto one = site_of(state.members, *who);
        here.insert(one.name);
        const bool is_left_out = who->standing.state == standing::kind::left_out;
        one.missed = given.is_local() && one.rounds == 0 && who->standing.state != standing::kind::no_client;
        one.missed = one.missed || (given.is_local() && is_left_out);
        all.push_back(std::move(one));
    }
    for (const auto& [name, client] : state.members.owners.all()) {
        if (here.contains(name)) {
            continue;
        }
        site one;
        one.name = name;
        one.clients = {client};
        one.rounds = state.members.participation.rounds_of(name);
        one.state = "away";
        const auto* const left = state.members.owners.absence_of(name);
        one.reason = left == nullptr || !left->is_told ? "it has just left"
                                                       : fmt::format("away since round {}", left->round);
        one.missed = one.rounds == 0 || (left != nullptr && left->is_told);
        all.push_back(std::move(one));
    }
    std::ranges::sort(all, {}, &site::name); // in whatever order they came
    // Of the others nobody knows a name.
    for (const auto client : unhosted_clients(given, state.members)) {
        const bool goes_on =
            !all.empty() && all.back().name.empty() && all.back().clients.back() + 1 == client;
        if (!goes_on) {
            site one;
            one.state = "missing";
            one.reason = given.is_local() ? "no owner came for it" : "no worker had room for it";
            one.missed = true;
            all.push_back(std::move(one));
        }
        all.back().clients.push_back(client);
    }
    // Where there was no round nobody missed one.
    for (auto& one : all) {
        one.missed = one.missed && state.progress.has_cohort();
    }
    return all;
}

std::vector<client_id> unhosted_clients(const setting& given, const members& everybody) {
    if (!given.is_local()) {
        return everybody.participation.unhosted();
    }
    // Whoever could not take part was to be the owner of one of them.
    auto left_out = std::ranges::count_if(everybody.roster.all(), [&](const auto& entry) {
        return !entry.second->unusable.empty() && !everybody.owners.contains(entry.second->hello.name);
    });
    std::vector<client_id> result;
    for (client_id client = 0; client < given.plan.clients; ++client) {
        const bool is_owned = everybody.owners.name_of(client) != nullptr || left_out-- > 0;
        if (!is_owned) {
            result.push_back(client);
        }
    }
    return result;
}

std::string absence_text(std::span<const site> sites) {
    std::string text;
    std::size_t told = 0;
    for (const auto& one : sites) {
        if (!one.missed || ++told > most_told) {
            continue;
        }
        const auto who = one.name.empty() ? range_of(one.clients.front(), one.clients.back()) : one.name;
        const auto why = one.reason.empty() ? std::string("it took part in no round") : one.reason;
        text += fmt::format("{}{} ({})", told == 1 ? "without " : ", ", who, why);
    }
    return text + (told > most_told ? fmt::format(" and {} more", told - most_told) : "");
}

bool is_success(const setting& given, const owners& known, std::span<const site> sites) {
    std::uint64_t away = 0;
    for (const auto& one : sites) {
        if (one.missed && one.rounds == 0) {
            return false;
        }
        const auto* const left = known.absence_of(one.name);
        away += one.missed && left != nullptr && left->was_here ? 1 : 0;
    }
    return !given.is_local() || known.size() >= known.needed(given.plan) + away;
}

} // namespace fedasio::master
