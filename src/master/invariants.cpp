#include "master/invariants.hpp"

#include <algorithm>
#include <set>

namespace fedasio::master {
namespace {

/// Who is to host whom: nobody twice, and nobody who is no client of the run.
std::string broken_dealing(const setting& given, const members& everybody) {
    std::set<client_id> dealt;
    for (const auto& [id, who] : everybody.roster.all()) {
        const auto& clients = who->data.assigned();
        for (const auto client : clients) {
            if (!dealt.insert(client).second) {
                return "a client is dealt to one worker only";
            }
            if (!given.is_local() && client >= given.plan.clients) {
                return "only clients of the plan are dealt";
            }
        }
        const bool is_own = clients.empty() || (clients.size() == 1 &&
                                                everybody.owners.client_of(who->hello.name) == clients[0]);
        if (given.is_local() && !is_own) {
            return "an owner hosts its own client only";
        }
        const auto loaded = [](const auto& one) { return one.first; };
        if (who->data.is_current() && !std::ranges::equal(clients, who->data.hosted(), {}, {}, loaded)) {
            return "who has loaded all that it was dealt hosts that, and nothing else";
        }
    }
    return {};
}

std::string broken_progress(const run_state& state) {
    const auto& progress = state.progress;
    if (!state.model.invariants()) {
        return "a model has the parameters of its network";
    }
    if (!progress.invariants()) {
        return "the round that is open is the one after the model's, or is that one while it is tested";
    }
    if (progress.is_in_open_round() && !progress.asked.is_busy()) {
        return "a round is open in a training only";
    }
    for (const auto& [id, who] : state.members.roster.all()) {
        if (who->weights_version > state.model.version()) {
            return "a worker has no weights that there never were";
        }
    }
    for (const auto& [client, round] : state.memory.rounds()) {
        if (round == 0 || round > state.model.round()) {
            return "what a client keeps is of a round that counted";
        }
    }
    return {};
}

} // namespace

std::string broken_invariant(const setting& given, const run_state& state, const checkpoints& safe) {
    for (auto broken :
         {state.members.roster.broken_invariant(), state.members.owners.broken_invariant(),
          broken_dealing(given, state.members), broken_progress(state), safe.broken_invariant()}) {
        if (!broken.empty()) {
            return broken;
        }
    }
    return {};
}

} // namespace fedasio::master
