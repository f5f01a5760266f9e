#include <boost/json/object.hpp>

#include "master/machine.hpp"
#include "master/round_state.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

using standing = wire::standing;

constexpr std::size_t most_told = 10;

std::string range_of(client_id first, client_id last) {
    return first == last ? fmt::format("client {}", first) : fmt::format("clients {} to {}", first, last);
}

} // namespace

/// Which owners and workers gave a round what it is.
void machine::count_participation(const round_state& round) {
    std::set<std::string> counted;
    for (std::size_t i = 0; i < round.updates.size(); ++i) {
        if (round.updates[i]) {
            counted.insert(round.hosts[i]->hello.name);
        }
    }
    members_.participation.count(counted);
    for (const auto& name : counted) {
        if (members_.roster.is_here(name)) { // it may have left since
            members_.owners.mark_back(name);
        }
    }
}

/// One that is connected.
site machine::site_of(const worker& who) const {
    site result;
    result.name = who.hello.name;
    result.clients = who.data.assigned();
    result.rounds = members_.participation.rounds_of(result.name);
    result.late = members_.pace.late_in_a_row(result.name);
    result.state = to_string(who.standing.state);
    result.reason = who.standing.reason;
    const bool waits = who.unusable.empty() && who.proof.is_proving;
    if (waits && result.rounds == 0) {
        result.state = to_string(standing::kind::left_out);
        result.reason = "it was still loading its data";
    }
    return result;
}

/// Everybody that was there or expected, and what became of them in the training that ends. A `missed` one is
/// lacking in the result.
std::vector<site> machine::sites() const {
    std::vector<site> all;
    std::set<std::string> here;
    for (const auto& [id, who] : members_.roster.all()) {
        if (!who->is_here()) {
            continue;
        }
        auto one = site_of(*who);
        here.insert(one.name);
        const bool is_left_out = who->standing.state == standing::kind::left_out;
        one.missed =
            setting_.is_local() && one.rounds == 0 && who->standing.state != standing::kind::no_client;
        one.missed = one.missed || (setting_.is_local() && is_left_out);
        all.push_back(std::move(one));
    }
    for (const auto& [name, client] : members_.owners.all()) {
        if (here.contains(name)) {
            continue;
        }
        site one;
        one.name = name;
        one.clients = {client};
        one.rounds = members_.participation.rounds_of(name);
        one.state = "away";
        const auto* const left = members_.owners.absence_of(name);
        one.reason = left == nullptr || !left->is_told ? "it has just left"
                                                       : fmt::format("away since round {}", left->round);
        one.missed = one.rounds == 0 || (left != nullptr && left->is_told);
        all.push_back(std::move(one));
    }
    std::ranges::sort(all, {}, &site::name); // in whatever order they came
    // Of the others nobody knows a name.
    for (const auto client : unhosted_clients()) {
        const bool goes_on =
            !all.empty() && all.back().name.empty() && all.back().clients.back() + 1 == client;
        if (!goes_on) {
            site one;
            one.state = "missing";
            one.reason = setting_.is_local() ? "no owner came for it" : "no worker had room for it";
            one.missed = true;
            all.push_back(std::move(one));
        }
        all.back().clients.push_back(client);
    }
    // Where there was no round nobody missed one.
    for (auto& one : all) {
        one.missed = one.missed && progress_.has_cohort();
    }
    return all;
}

std::vector<client_id> machine::unhosted_clients() const {
    if (!setting_.is_local()) {
        return members_.participation.unhosted();
    }
    // Whoever could not take part was to be the owner of one of them.
    auto left_out = std::ranges::count_if(members_.roster.all(), [&](const auto& entry) {
        return !entry.second->unusable.empty() && !members_.owners.contains(entry.second->hello.name);
    });
    std::vector<client_id> result;
    for (client_id client = 0; client < setting_.plan.clients; ++client) {
        const bool is_owned = members_.owners.name_of(client) != nullptr || left_out-- > 0;
        if (!is_owned) {
            result.push_back(client);
        }
    }
    return result;
}

/// "without south (its table has no rows) and clients 4 to 9 (no worker had room for it)", or nothing.
std::string machine::absence_text(std::span<const site> sites) {
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

/// Whether the training that ends has what was asked for: every owner and client took part in some round, and
/// in the end as many are there as the quorum asks for. Owners of a resumed run that others have taken over
/// from are named, but nobody expects them.
bool machine::is_success(std::span<const site> sites) const {
    std::uint64_t away = 0;
    for (const auto& one : sites) {
        if (one.missed && one.rounds == 0) {
            return false;
        }
        const auto* const left = members_.owners.absence_of(one.name);
        away += one.missed && left != nullptr && left->was_here ? 1 : 0;
    }
    return !setting_.is_local() || members_.owners.size() >= members_.owners.needed(setting_.plan) + away;
}

} // namespace fedasio::master
