#include <fedasio/master/assignment.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/machine.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

constexpr auto pause_between_deals = std::chrono::seconds(1);

} // namespace

using standing = wire::standing;

bool machine::can_host(const worker& who) const {
    return who.unusable.empty() && who.connection->is_open() &&
           (who.proof.is_proven || !progress_.has_loaded());
}

/// Clients do more for some strategies than train and send what comes out.
bool machine::knows_strategy(const worker& who) const {
    return !setting_.plan.strategy->has_client_half() ||
           std::ranges::find(who.hello.strategies, setting_.plan.strategy->name()) !=
               who.hello.strategies.end();
}

/// Decides who hosts which clients, in view of who is here now.
void machine::deal_clients() {
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->unusable.empty() && !knows_strategy(*who)) {
            reject(*who, "its version does not know the strategy '" +
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
                offer_place(who);
            }
        }
    }
}

std::map<worker_id, std::vector<client_id>> machine::deal_to_owners() {
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
            tell_standing(*who, {standing::kind::no_client, "each of the plan's " +
                                                                std::to_string(setting_.plan.clients) +
                                                                " clients has an owner already"});
            continue;
        }
        wanted[who->id] = {members_.owners.add(name)};
    }
    return wanted;
}

std::map<worker_id, std::vector<client_id>> machine::deal_to_all() {
    std::vector<host> hosts;
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
            tell_standing(who, {standing::kind::no_client,
                                "there are more workers than clients: each of the plan's " +
                                    std::to_string(setting_.plan.clients) + " has a worker"});
        }
    }
    return wanted;
}

/// All clients that were dealt have a worker that is still there, with their data and the model.
bool machine::everybody_hosts() const {
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

/// Until every client has a worker that is ready for it. Who cannot load leaves clients behind; they are
/// dealt anew, until `until`. Owners that have just gone get a moment to come back.
net::awaitable<void> machine::prepare_workers(net::clock::time_point until) {
    bool ready = false;
    bool cancelled = co_await net::is_cancelled();
    while (!ready && !cancelled && setting_.rt.time.now() < until) {
        members_.roster.changed().reset();
        co_await load_datasets();
        co_await distribute_model();
        const auto now = setting_.rt.time.now();
        const auto patience = owners_may_return_until();
        const bool complete = everybody_hosts();
        const bool awaits = newcomer_is_awaited();
        ready = complete && !awaits && now >= patience;
        if (!ready) {
            const auto pause = complete && !awaits ? patience : now + pause_between_deals;
            co_await wait_for(&machine::roster_has_changed, std::min(until, pause));
        }
        cancelled = co_await net::is_cancelled();
    }
    if (!ready && !cancelled) {
        stop_awaiting();
    }
}

/// Partition `local`: how long the quorum is worth waiting for owners that have just gone. One that comes and
/// goes has no more time than one that stays away.
net::clock::time_point machine::owners_may_return_until() {
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

/// Once for each absence; who is here again and ready is away no more.
void machine::tell_absent_owners() {
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
