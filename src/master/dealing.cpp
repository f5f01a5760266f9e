#include "master/dealing.hpp"

#include <fedasio/master/assignment.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/standing.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {

using standing = wire::standing;

bool dealing::can_host(const worker& who) const {
    return who.unusable.empty() && who.connection->is_open() &&
           (who.proof.is_proven || !progress_.has_loaded());
}

void dealing::deal() {
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->unusable.empty() && !knows_strategy(*who, *setting_.plan.strategy)) {
            newcomers_.reject(*who, "its version does not know the strategy '" +
                                        std::string(setting_.plan.strategy->name()) +
                                        "', which clients do a part of: install the master's version");
        }
    }
    auto wanted = setting_.is_local() ? deal_to_owners() : deal_to_all();
    dealt_ = 0;
    for (const auto& [id, who] : members_.roster.all()) {
        auto& clients = wanted[id];
        dealt_ += clients.size();
        members_.roster.assign(*who, std::move(clients));
    }
    // Who had no client so far has not shown yet that it can load: it is asked to when it is needed.
    if (!setting_.is_local() && dealt_ < setting_.plan.clients) {
        for (const auto& [id, who] : members_.roster.all()) {
            if (who->unusable.empty()) {
                newcomers_.offer_place(who);
            }
        }
    }
}

dealing::hosted_by dealing::deal_to_owners() {
    std::map<worker_id, std::vector<client_id>> wanted;
    std::map<std::string, worker_ptr> by_name;
    for (const auto& [id, who] : members_.roster.all()) {
        if (can_host(*who)) {
            by_name[who->hello.name] = who;
        }
    }
    for (const auto& [name, who] : by_name) {
        if (!members_.owners.contains(name) && setting_.plan.clients != 0 &&
            members_.owners.first_free() >= setting_.plan.clients) {
            tell_standing(setting_, *who,
                          {standing::kind::no_client, "each of the plan's " +
                                                          std::to_string(setting_.plan.clients) +
                                                          " clients has an owner already"});
            continue;
        }
        wanted[who->id] = {members_.owners.add(name)};
    }
    return wanted;
}

dealing::hosted_by dealing::deal_to_all() {
    std::vector<host> hosts;
    hosts.reserve(members_.roster.all().size());
    for (const auto& [id, who] : members_.roster.all()) {
        if (can_host(*who)) {
            hosts.push_back({id, who->hello.clients, who->data.assigned(),
                             members_.pace.rests(who->hello.name, model_.round() + 1)});
        }
    }
    auto wanted = assign_clients(std::move(hosts), setting_.plan.clients);
    for (auto& [id, clients] : wanted) {
        auto& who = *members_.roster.all().at(id);
        if (clients.empty() && who.standing.state != standing::kind::resting) {
            tell_standing(
                setting_, who,
                {standing::kind::no_client, "there are more workers than clients: each of the plan's " +
                                                std::to_string(setting_.plan.clients) + " has a worker"});
        }
    }
    return wanted;
}

bool dealing::everybody_hosts() const {
    std::size_t hosted = 0;
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->connection->is_open() && who->data.is_current() && who->has_model) {
            hosted += who->data.assigned().size();
        }
        // An owner that came back while others loaded is there, but nobody has dealt with it yet.
        if (who->data.assigned().empty() && can_host(*who) && members_.owners.contains(who->hello.name)) {
            return false;
        }
    }
    return hosted >= dealt_;
}

net::clock::time_point dealing::owners_may_return_until() {
    auto latest = net::clock::time_point::min();
    std::size_t here = 0;
    for (const auto& [name, client] : members_.owners.all()) {
        if (members_.roster.is_here(name)) {
            ++here;
            continue;
        }
        const auto& left = members_.owners.mark_away(name, setting_.rt.time.now(), progress_.running_round());
        latest = std::max(latest, left.since + time_to_come_back);
    }
    return here >= members_.owners.needed(setting_.plan) ? net::clock::time_point::min() : latest;
}

void dealing::tell_absent_owners() {
    for (const auto& [name, client] : members_.owners.all()) {
        const auto who = members_.roster.find(name);
        if (who && who->connection->is_open() && !who->data.hosted().empty()) {
            members_.owners.mark_back(name);
            continue;
        }
        auto& left = members_.owners.mark_away(name, setting_.rt.time.now(), progress_.running_round());
        if (!std::exchange(left.is_told, true)) {
            left.round = progress_.running_round();
            setting_.notice(noticed::severity::warning,
                            "round " + std::to_string(progress_.running_round()) + " begins without client " +
                                std::to_string(client) + ": its owner " + name + " is away");
        }
    }
}

} // namespace fedasio::master
