#include <fedasio/method/cohort.hpp>
#include <fedasio/method/quorum.hpp>

#include <boost/json/object.hpp>

#include "master/machine.hpp"
#include "master/round_state.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {

void machine::select_cohort(round_state& round) {
    std::vector<client_id> available;
    std::vector<client_id> resting;
    const auto hosts = members_.roster.hosts();
    for (const auto& [client, host] : hosts) {
        if (host->has_model && host->data.hosted().at(client).samples > 0) {
            const bool rests =
                !setting_.plan.require_all && members_.pace.rests(host->hello.name, round.result.round);
            (rests ? resting : available).push_back(client);
        }
    }
    // Somebody late is better than nobody.
    if (available.empty()) {
        available = std::move(resting);
    }
    const auto fraction = progress_.asked.of_round().fraction;
    if (!available.empty()) {
        const auto share = std::min(1.0, fraction * setting_.plan.over_selection);
        round.result.cohort = method::select_cohort(available, members_.clients_total(setting_.plan), share,
                                                    setting_.plan.seed, round.result.round);
    }
    const auto wanted = method::clients_per_round(fraction, members_.clients_total(setting_.plan));
    const auto possible = std::min<std::size_t>(wanted, round.result.cohort.size());
    round.needed = setting_.plan.require_all ? possible : method::quorum(setting_.plan.quorum, possible);
    for (const auto client : round.result.cohort) {
        round.hosts.push_back(hosts.at(client));
        const auto known = round.hosts.back()->data.hosted().find(client);
        round.samples.push_back(known->second.samples);
    }
    if (!setting_.is_local()) {
        std::vector<client_id> unhosted;
        for (client_id client = 0; client < setting_.plan.clients; ++client) {
            if (!hosts.contains(client)) {
                unhosted.push_back(client);
            }
        }
        members_.participation.note_unhosted(std::move(unhosted));
    }
    if (!round.result.cohort.empty()) {
        setting_.events.publish(round_started{round.result.round, round.result.cohort, wanted});
    }
}

/// Who was late is asked less, who was in time is forgiven.
void machine::settle_pace(const round_state& round) {
    for (std::size_t i = 0; i < round.hosts.size(); ++i) {
        auto& host = *round.hosts[i];
        const auto& name = host.hello.name;
        if (round.late.contains(name) || !round.updates[i]) {
            continue;
        }
        members_.pace.was_in_time(name);
        if (host.standing.state == wire::standing::kind::resting) {
            tell_standing(host, {});
        }
    }
    for (const auto& name : round.late) {
        members_.pace.was_late(name, round.result.round);
    }
    for (const auto& [id, who] : members_.roster.all()) {
        if (!setting_.plan.require_all && round.late.contains(who->hello.name)) {
            const auto times = members_.pace.late_in_a_row(who->hello.name);
            tell_standing(*who, {wire::standing::kind::resting,
                                 "late in round " + std::to_string(round.result.round) + ", " +
                                     std::to_string(times) + (times == 1 ? " time" : " times") +
                                     " in a row; next asked in round " +
                                     std::to_string(members_.pace.asked_again(who->hello.name))});
        }
    }
}

} // namespace fedasio::master
