#include "master/attendance.hpp"

#include <fedasio/method/quorum.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace fedasio::master {
namespace {

constexpr std::size_t most_names = 10;

/// "north, south and 3 more"
std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return text + (names.size() > most_names ? fmt::format(" and {} more", names.size() - most_names) : "");
}

/// Nothing is known to be wrong with its data.
bool may_still_load(const worker& who) {
    return who.proof.is_proving || who.proof.is_slow;
}

} // namespace

bool is_hopeless(const members& everybody) {
    const auto& all = everybody.roster.all();
    return !all.empty() && std::ranges::all_of(all, [](const auto& entry) {
        return !entry.second->unusable.empty() && !may_still_load(*entry.second);
    });
}

bool has_clients_enough(const setting& given, const run_state& state) {
    const auto all =
        std::max<std::uint64_t>(given.plan.clients, given.is_local() ? state.members.owners.size() : 0);
    const auto quorum = !state.progress.has_cohort() && state.model.round() == 0
                            ? method::quorum(given.plan.quorum, given.plan.clients)
                            : 0;
    const auto needed = given.plan.require_all ? all : quorum;
    std::uint64_t ready = 0;
    for (const auto& [id, who] : state.members.roster.all()) {
        ready += who->connection->is_open() && who->has_model ? who->data.hosted().size() : 0;
    }
    return ready >= needed;
}

bool is_short_of_usable_owners(const setting& given, const run_state& state) {
    if (!given.is_local() || state.progress.has_cohort() || given.plan.clients == 0) {
        return false;
    }
    std::uint64_t here = 0;
    std::uint64_t usable = 0;
    for (const auto& [id, who] : state.members.roster.all()) {
        const bool is_here = who->is_here();
        here += is_here ? 1 : 0;
        usable += is_here && (who->unusable.empty() || may_still_load(*who)) ? 1 : 0;
    }
    return here >= state.members.owners.needed(given.plan) &&
           usable < state.members.owners.needed(given.plan);
}

std::string clients_without_samples(const setting& given, const members& everybody) {
    std::vector<std::string> names;
    for (const auto& [id, who] : everybody.roster.all()) {
        const auto has_samples = [](const auto& client) { return client.second.samples > 0; };
        const bool may_have =
            who->unusable.empty() && !who->data.is_current() && !who->data.assigned().empty();
        if (may_have || may_still_load(*who) || std::ranges::any_of(who->data.hosted(), has_samples)) {
            return {};
        }
        if (!who->data.hosted().empty()) {
            names.push_back(
                given.is_local()
                    ? fmt::format("{} (client {})", who->hello.name, who->data.hosted().begin()->first)
                    : fmt::format("{} ({} clients)", who->hello.name, who->data.hosted().size()));
        }
    }
    return list_of(names);
}

bool ready_to_start(const setting& given, const members& everybody) {
    if (everybody.roster.all().size() < std::max(given.options.min_workers, 1U)) {
        return false;
    }
    const auto needed = method::quorum(given.plan.require_all ? 1.0 : given.plan.quorum, given.plan.clients);
    return everybody.roster.has_room_for(needed, given.is_local());
}

std::string missing_workers(const setting& given, const members& everybody) {
    const auto owners =
        given.is_local() ? static_cast<std::uint32_t>(everybody.owners.needed(given.plan)) : 1U;
    const auto needed = std::max({given.options.min_workers, owners, 1U});
    std::vector<std::string> here;
    std::vector<std::string> away;
    for (const auto& [id, who] : everybody.roster.all()) {
        if (who->unusable.empty() && who->is_here()) {
            here.push_back(who->hello.name);
        }
    }
    for (const auto& [name, client] : everybody.owners.all()) {
        if (!everybody.roster.is_here(name)) {
            away.push_back(name);
        }
    }
    auto text = fmt::format("{} workers are connected, {} are needed", everybody.roster.all().size(), needed);
    if (given.plan.clients != 0) {
        text += fmt::format(" to host {} clients", given.plan.clients);
    }
    text += here.empty() ? "" : "; here: " + list_of(here);
    text += away.empty() ? "" : "; away: " + list_of(away);
    return text + unusable_workers(everybody);
}

std::string unusable_workers(const members& everybody) {
    std::string text;
    std::size_t told = 0;
    for (const auto& [id, who] : everybody.roster.all()) {
        if (!who->unusable.empty() && ++told <= most_names) {
            text += "; " + who->hello.name + " cannot take part: " + who->unusable;
        }
    }
    return text + (told > most_names ? fmt::format("; and so {} more", told - most_names) : "");
}

} // namespace fedasio::master
