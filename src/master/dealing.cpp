#include <fedasio/master/assignment.hpp>
#include <fedasio/master/run.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

constexpr auto pause_between_deals = std::chrono::seconds(1);

} // namespace

using standing = wire::standing;

std::uint32_t run::clients_total() const {
    return is_local() ? owners_.clients_total() : plan_.clients;
}

bool run::can_host(const worker& who) const {
    return who.unusable.empty() && who.connection->is_open() && (who.proof.is_proven || !loaded_once_);
}

/// Clients do more for some strategies than train and send what comes out.
bool run::knows_strategy(const worker& who) const {
    return !plan_.strategy->has_client_half() ||
           std::ranges::find(who.hello.strategies, plan_.strategy->name()) != who.hello.strategies.end();
}

/// Decides who hosts which clients, in view of who is here now.
void run::deal_clients() {
    for (const auto& [id, who] : roster_.all()) {
        if (who->unusable.empty() && !knows_strategy(*who)) {
            reject(*who, "its version does not know the strategy '" + std::string(plan_.strategy->name()) +
                             "', which clients do a part of: install the master's version");
        }
    }
    auto wanted = is_local() ? deal_to_owners() : deal_to_all();
    dealt_ = 0;
    for (const auto& [id, who] : roster_.all()) {
        auto& clients = wanted[id];
        dealt_ += clients.size();
        roster_.assign(*who, std::move(clients));
    }
    // Who had no client so far has not shown yet that it can load: it is asked to when it is needed.
    if (!is_local() && dealt_ < plan_.clients) {
        for (const auto& [id, who] : roster_.all()) {
            if (who->unusable.empty()) {
                offer_place(who);
            }
        }
    }
}

std::map<worker_id, std::vector<client_id>> run::deal_to_owners() {
    std::map<worker_id, std::vector<client_id>> wanted;
    std::map<std::string, worker_ptr> by_name;
    for (const auto& [id, who] : roster_.all()) {
        if (can_host(*who)) {
            by_name[who->hello.name] = who;
        }
    }
    for (const auto& [name, who] : by_name) {
        if (!owners_.contains(name) && plan_.clients != 0 && owners_.first_free() >= plan_.clients) {
            tell_standing(*who,
                          {standing::kind::no_client, "each of the plan's " + std::to_string(plan_.clients) +
                                                          " clients has an owner already"});
            continue;
        }
        wanted[who->id] = {owners_.add(name)};
    }
    return wanted;
}

std::map<worker_id, std::vector<client_id>> run::deal_to_all() {
    std::vector<host> hosts;
    for (const auto& [id, who] : roster_.all()) {
        if (can_host(*who)) {
            hosts.push_back(
                {id, who->hello.clients, who->data.assigned(), pace_.rests(who->hello.name, round_ + 1)});
        }
    }
    auto wanted = assign_clients(std::move(hosts), plan_.clients);
    for (auto& [id, clients] : wanted) {
        auto& who = *roster_.all().at(id);
        if (clients.empty() && who.standing.state != standing::kind::resting) {
            tell_standing(
                who, {standing::kind::no_client, "there are more workers than clients: each of the plan's " +
                                                     std::to_string(plan_.clients) + " has a worker"});
        }
    }
    return wanted;
}

/// All clients that were dealt have a worker that is still there, with their data and the model.
bool run::everybody_hosts() const {
    std::size_t hosted = 0;
    for (const auto& [id, who] : roster_.all()) {
        if (who->connection->is_open() && who->data.is_current() && who->has_model) {
            hosted += who->data.assigned().size();
        }
        // An owner that came back while others loaded is there, but nobody has dealt with it yet.
        if (who->data.assigned().empty() && can_host(*who) && owners_.contains(who->hello.name)) {
            return false;
        }
    }
    return hosted >= dealt_;
}

/// Until every client has a worker that is ready for it. Who cannot load leaves clients behind; they are
/// dealt anew, until `until`. Owners that have just gone get a moment to come back.
net::awaitable<void> run::prepare_workers(net::clock::time_point until) {
    bool ready = false;
    bool cancelled = co_await net::is_cancelled();
    while (!ready && !cancelled && rt_.time.now() < until) {
        roster_.changed().reset();
        co_await load_datasets();
        co_await distribute_model();
        const auto now = rt_.time.now();
        const auto patience = owners_may_return_until();
        const bool complete = everybody_hosts();
        const bool awaits = newcomer_is_awaited();
        ready = complete && !awaits && now >= patience;
        if (!ready) {
            const auto pause = complete && !awaits ? patience : now + pause_between_deals;
            co_await wait_for(&run::roster_has_changed, std::min(until, pause));
        }
        cancelled = co_await net::is_cancelled();
    }
    if (!ready && !cancelled) {
        stop_awaiting();
    }
}

/// Partition `local`: how long the quorum is worth waiting for owners that have just gone. One that comes and
/// goes has no more time than one that stays away.
net::clock::time_point run::owners_may_return_until() {
    auto latest = net::clock::time_point::min();
    std::size_t here = 0;
    for (const auto& [name, client] : owners_.all()) {
        if (roster_.is_here(name)) {
            ++here;
            continue;
        }
        const auto& left = owners_.mark_away(name, rt_.time.now(), running_round_);
        latest = std::max(latest, left.since + time_to_come_back);
    }
    return here >= owners_.needed(plan_) ? net::clock::time_point::min() : latest;
}

/// Once for each absence; who is here again and ready is away no more.
void run::tell_absent_owners() {
    for (const auto& [name, client] : owners_.all()) {
        const auto who = roster_.find(name);
        if (who && who->connection->is_open() && !who->data.hosted().empty()) {
            owners_.mark_back(name);
            continue;
        }
        auto& left = owners_.mark_away(name, rt_.time.now(), running_round_);
        if (!std::exchange(left.is_told, true)) {
            left.round = running_round_;
            notice(noticed::severity::warning, "round " + std::to_string(running_round_) +
                                                   " begins without client " + std::to_string(client) +
                                                   ": its owner " + name + " is away");
        }
    }
}

} // namespace fedasio::master
