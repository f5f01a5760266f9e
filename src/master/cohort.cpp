#include <fedasio/master/run.hpp>
#include <fedasio/method/cohort.hpp>
#include <fedasio/method/quorum.hpp>

#include <boost/json/object.hpp>

#include "master/round_state.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {

/// Clients that a round wants as things stand. With the partition `local` those that the plan counts on may
/// be more than have come.
std::uint32_t run::clients_per_round() const {
    return method::clients_per_round(orders_.in_force().fraction, std::max(clients_total(), plan_.clients));
}

void run::select_cohort(round_state& round) {
    std::vector<client_id> available;
    std::vector<client_id> resting;
    const auto hosts = roster_.hosts();
    for (const auto& [client, host] : hosts) {
        if (host->has_model && host->data.hosted().at(client).samples > 0) {
            const bool rests = !plan_.require_all && pace_.rests(host->hello.name, round.result.round);
            (rests ? resting : available).push_back(client);
        }
    }
    // Somebody late is better than nobody.
    if (available.empty()) {
        available = std::move(resting);
    }
    const auto fraction = orders_.of_round().fraction;
    if (!available.empty()) {
        const auto share = std::min(1.0, fraction * plan_.over_selection);
        round.result.cohort =
            method::select_cohort(available, clients_total(), share, plan_.seed, round.result.round);
    }
    const auto wanted = method::clients_per_round(fraction, clients_total());
    const auto possible = std::min<std::size_t>(wanted, round.result.cohort.size());
    round.needed = plan_.require_all ? possible : method::quorum(plan_.quorum, possible);
    for (const auto client : round.result.cohort) {
        round.hosts.push_back(hosts.at(client));
        const auto known = round.hosts.back()->data.hosted().find(client);
        round.samples.push_back(known->second.samples);
    }
    if (!is_local()) {
        unhosted_.clear();
        for (client_id client = 0; client < plan_.clients; ++client) {
            if (!hosts.contains(client)) {
                unhosted_.push_back(client);
            }
        }
    }
    if (!round.result.cohort.empty()) {
        events_.publish(round_started{round.result.round, round.result.cohort, wanted});
    }
}

/// Who was late is asked less, who was in time is forgiven.
void run::settle_pace(const round_state& round) {
    for (std::size_t i = 0; i < round.hosts.size(); ++i) {
        auto& host = *round.hosts[i];
        const auto& name = host.hello.name;
        if (round.late.contains(name) || !round.updates[i]) {
            continue;
        }
        pace_.was_in_time(name);
        if (host.standing.state == wire::standing::kind::resting) {
            tell_standing(host, {});
        }
    }
    for (const auto& name : round.late) {
        pace_.was_late(name, round.result.round);
    }
    for (const auto& [id, who] : roster_.all()) {
        if (!plan_.require_all && round.late.contains(who->hello.name)) {
            const auto times = pace_.late_in_a_row(who->hello.name);
            tell_standing(*who, {wire::standing::kind::resting,
                                 "late in round " + std::to_string(round.result.round) + ", " +
                                     std::to_string(times) + (times == 1 ? " time" : " times") +
                                     " in a row; next asked in round " +
                                     std::to_string(pace_.asked_again(who->hello.name))});
        }
    }
}

} // namespace fedasio::master
