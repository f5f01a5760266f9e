#include "master/cohort.hpp"

#include <fedasio/method/cohort.hpp>
#include <fedasio/method/quorum.hpp>

#include <boost/json/object.hpp>

#include "master/sites.hpp"
#include "master/standing.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

/// Owners that are away, and clients that nobody owns or no worker has room for; the first of them.
std::vector<round_result::absence> absent_clients(const setting& given, const members& everybody) {
    std::vector<round_result::absence> absent;
    const auto add = [&](client_id client, const char* reason) {
        if (absent.size() < most_told_absences) {
            absent.push_back({client, reason});
        }
    };
    if (given.is_local()) {
        for (const auto& [name, client] : everybody.owners.all()) {
            if (everybody.owners.absence_of(name) != nullptr) {
                add(client, "away");
            }
        }
    }
    for (const auto client : unhosted_clients(given, everybody)) {
        add(client, given.is_local() ? "no_owner" : "no_room");
    }
    std::ranges::sort(absent, {}, &round_result::absence::client);
    return absent;
}

} // namespace

void choose_cohort(const setting& given, run_state& state, round_state& round) {
    std::vector<client_id> available;
    std::vector<client_id> resting;
    const auto& roster = state.members.roster;
    // One that hosts thousands is not asked for each of them, nor searched: they come in its order.
    const worker* last = nullptr;
    hosting::counts::const_iterator place;
    bool rests = false;
    roster.each_host([&](client_id client, const worker_ptr& host) {
        const auto& hosted = host->data.hosted();
        if (host.get() != last) {
            last = host.get();
            rests = !given.plan.require_all && state.members.pace.rests(host->hello.name, round.result.round);
            place = hosted.find(client);
        } else {
            ++place;
            place = place == hosted.end() || place->first != client ? hosted.find(client) : place;
        }
        if (host->has_model && place->second.samples > 0) {
            (rests ? resting : available).push_back(client);
        }
    });
    // Somebody late is better than nobody.
    if (available.empty()) {
        available = std::move(resting);
    }
    const auto fraction = state.progress.asked.of_round().fraction;
    if (!available.empty()) {
        const auto share = std::min(1.0, fraction * given.plan.over_selection);
        round.result.cohort = method::select_cohort(available, state.members.clients_total(given.plan), share,
                                                    given.plan.seed, round.result.round);
    }
    const auto wanted = method::clients_per_round(fraction, state.members.clients_total(given.plan));
    const auto possible = std::min<std::size_t>(wanted, round.result.cohort.size());
    round.needed = given.plan.require_all ? possible : method::quorum(given.plan.quorum, possible);
    for (const auto client : round.result.cohort) {
        round.hosts.push_back(roster.host_of(client));
        const auto known = round.hosts.back()->data.hosted().find(client);
        round.samples.push_back(known->second.samples);
    }
    if (!given.is_local()) {
        std::vector<client_id> unhosted;
        for (client_id client = 0; client < given.plan.clients; ++client) {
            if (!roster.host_of(client)) {
                unhosted.push_back(client);
            }
        }
        state.members.participation.note_unhosted(std::move(unhosted));
    }
    round.result.absent = absent_clients(given, state.members);
    if (!round.result.cohort.empty()) {
        given.events.publish(round_started{round.result.round, round.result.cohort, wanted});
    }
}

void settle_pace(const setting& given, members& everybody, const round_state& round) {
    for (std::size_t i = 0; i < round.hosts.size(); ++i) {
        auto& host = *round.hosts[i];
        const auto& name = host.hello.name;
        if (round.late.contains(name) || !round.updates[i]) {
            continue;
        }
        everybody.pace.was_in_time(name);
        if (host.standing.state == wire::standing::kind::resting) {
            tell_standing(given, host, {});
        }
    }
    for (const auto& name : round.late) {
        everybody.pace.was_late(name, round.result.round);
    }
    for (const auto& [id, who] : everybody.roster.all()) {
        if (!given.plan.require_all && round.late.contains(who->hello.name)) {
            const auto times = everybody.pace.late_in_a_row(who->hello.name);
            tell_standing(given, *who,
                          {wire::standing::kind::resting,
                           "late in round " + std::to_string(round.result.round) + ", " +
                               std::to_string(times) + (times == 1 ? " time" : " times") +
                               " in a row; next asked in round " +
                               std::to_string(everybody.pace.asked_again(who->hello.name))});
        }
    }
}

void count_participation(members& everybody, const round_state& round) {
    const auto names = round.contributors();
    everybody.participation.count(names);
    if (everybody.owners.all().empty()) {
        return;
    }
    for (const auto name : names) {
        if (everybody.roster.is_here(name)) { // it may have left since
            everybody.owners.mark_back(std::string(name));
        }
    }
}

} // namespace fedasio::master
