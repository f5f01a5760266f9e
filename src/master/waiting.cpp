#include <fedasio/master/run.hpp>
#include <fedasio/method/quorum.hpp>

#include <boost/json/object.hpp>

#include "master/run_failed.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace fedasio::master {
namespace {

constexpr auto between_lines = std::chrono::minutes(1);
constexpr auto longest_idle = std::chrono::hours(1);
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

std::string minutes(net::clock::duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    return seconds >= 120 ? fmt::format("{} min", (seconds + 30) / 60) : fmt::format("{} s", seconds);
}

} // namespace

/// Waits until workers have come so that `condition` holds; false at the deadline or when cancelled. Says
/// every minute what it waits for, however often somebody comes or goes meanwhile.
net::awaitable<bool> run::wait_for(bool (run::*condition)() const, net::clock::time_point deadline) {
    const bool cancelled_before = co_await net::is_cancelled();
    if (cancelled_before) {
        co_return false;
    }
    bool expired = false;
    std::unique_ptr<net::alarm> alarm;
    if (deadline != net::clock::time_point::max()) {
        alarm = rt_.time.at(deadline, [&] {
            expired = true;
            roster_.changed().set();
        });
    }
    bool is_line_due = false;
    std::unique_ptr<net::alarm> next_line;
    const auto plan_line = [&] {
        next_line = rt_.time.at(told_waiting_ + between_lines, [&] {
            is_line_due = true;
            roster_.changed().set();
        });
    };
    plan_line();
    while (!(this->*condition)() && !expired) {
        roster_.changed().reset();
        const auto cancelled = co_await roster_.changed().wait();
        if (cancelled) {
            co_return false;
        }
        if (std::exchange(is_line_due, false) && !expired) {
            told_waiting_ = rt_.time.now();
            notice(noticed::severity::info, "waiting: " + missing_workers());
            plan_line();
        }
    }
    co_return !expired;
}

/// A master that has nothing to do until somebody orders it to train says so: after a minute, then after
/// twice as long each time, at most an hour.
void run::say_idle_in(net::clock::duration pause) {
    idle_line_ = rt_.time.at(rt_.time.now() + pause, [this, pause] {
        notice(noticed::severity::info,
               fmt::format("waiting for an order to train (fedasio train, or the page); "
                           "{} workers are connected",
                           roster_.all().size()));
        say_idle_in(std::min<net::clock::duration>(2 * pause, longest_idle));
    });
}

/// Waits until somebody comes, goes or is rejected since the clients were dealt, so that dealing them anew
/// may help. What a training waits in all is bounded: who comes and goes does not prolong it.
net::awaitable<void> run::wait_for_hosts(net::clock::time_point since) {
    const auto& everybody = roster_.all();
    const bool hopeless = std::ranges::all_of(everybody, [](const auto& entry) {
        return !entry.second->unusable.empty() && !may_still_load(*entry.second);
    });
    if (!everybody.empty() && hopeless && !begun_) {
        throw run_failed("no worker can take part" + unusable_workers());
    }
    if (is_short_of_usable_owners()) {
        throw run_failed("the training cannot begin: " + missing_workers());
    }
    if (const auto empty = clients_without_samples(); !empty.empty()) {
        throw run_failed("no client has a sample to train on: " + empty);
    }
    enter(phase::waiting);
    const auto left = options_.patience - waited_;
    const bool changed = co_await wait_for(&run::roster_has_changed, since + left);
    const bool cancelled = co_await net::is_cancelled();
    waited_ += rt_.time.now() - since;
    if (!changed && !cancelled) {
        throw run_failed("no worker hosted a client with data for " + minutes(options_.patience) +
                         " in all; " + missing_workers());
    }
}

/// Whether the clients with a worker that is ready will do: for the first round of a run as many as the
/// quorum of the plan's, with `require_all` always all of them.
bool run::has_clients_enough() const {
    const auto all = std::max<std::uint64_t>(plan_.clients, is_local() ? owners_.size() : 0);
    const auto quorum = !begun_ && round_ == 0 ? method::quorum(plan_.quorum, plan_.clients) : 0;
    const auto needed = plan_.require_all ? all : quorum;
    std::uint64_t ready = 0;
    for (const auto& [id, who] : roster_.all()) {
        ready += who->connection->is_open() && who->has_model ? who->data.hosted().size() : 0;
    }
    return ready >= needed;
}

/// Partition `local`: as many as the plan asks for are here, but some of them have data that cannot be used.
/// Then nobody is to be expected who would make up for them.
bool run::is_short_of_usable_owners() const {
    if (!is_local() || begun_ || plan_.clients == 0) {
        return false;
    }
    std::uint64_t here = 0;
    std::uint64_t usable = 0;
    for (const auto& [id, who] : roster_.all()) {
        const bool is_here = who->is_here();
        here += is_here ? 1 : 0;
        usable += is_here && (who->unusable.empty() || may_still_load(*who)) ? 1 : 0;
    }
    return here >= owners_.needed(plan_) && usable < owners_.needed(plan_);
}

/// If all clients of all workers are without samples and nobody else loads: which these are.
std::string run::clients_without_samples() const {
    std::vector<std::string> names;
    for (const auto& [id, who] : roster_.all()) {
        const auto has_samples = [](const auto& client) { return client.second.samples > 0; };
        const bool may_have =
            who->unusable.empty() && !who->data.is_current() && !who->data.assigned().empty();
        if (may_have || may_still_load(*who) || std::ranges::any_of(who->data.hosted(), has_samples)) {
            return {};
        }
        if (!who->data.hosted().empty()) {
            names.push_back(
                is_local() ? fmt::format("{} (client {})", who->hello.name, who->data.hosted().begin()->first)
                           : fmt::format("{} ({} clients)", who->hello.name, who->data.hosted().size()));
        }
    }
    return list_of(names);
}

/// Enough workers, and enough of the plan's clients with a worker that can host them.
bool run::ready_to_start() const {
    if (roster_.all().size() < std::max(options_.min_workers, 1U)) {
        return false;
    }
    const auto needed = method::quorum(plan_.require_all ? 1.0 : plan_.quorum, plan_.clients);
    return roster_.has_room_for(needed, is_local());
}

bool run::roster_has_changed() const {
    return roster_.changed().is_set();
}

/// "2 workers are connected, 3 are needed to host 3 clients; here: north, south", and why some of them do not
/// count.
std::string run::missing_workers() const {
    const auto owners = is_local() ? static_cast<std::uint32_t>(owners_.needed(plan_)) : 1U;
    const auto needed = std::max({options_.min_workers, owners, 1U});
    std::vector<std::string> here;
    std::vector<std::string> away;
    for (const auto& [id, who] : roster_.all()) {
        if (who->unusable.empty() && who->is_here()) {
            here.push_back(who->hello.name);
        }
    }
    for (const auto& [name, client] : owners_.all()) {
        if (!roster_.is_here(name)) {
            away.push_back(name);
        }
    }
    auto text = fmt::format("{} workers are connected, {} are needed", roster_.all().size(), needed);
    if (plan_.clients != 0) {
        text += fmt::format(" to host {} clients", plan_.clients);
    }
    text += here.empty() ? "" : "; here: " + list_of(here);
    text += away.empty() ? "" : "; away: " + list_of(away);
    return text + unusable_workers();
}

/// "; worker-1: its reason; worker-2: its reason", or nothing.
std::string run::unusable_workers() const {
    std::string text;
    std::size_t told = 0;
    for (const auto& [id, who] : roster_.all()) {
        if (!who->unusable.empty() && ++told <= most_names) {
            text += "; " + who->hello.name + " cannot take part: " + who->unusable;
        }
    }
    return text + (told > most_names ? fmt::format("; and so {} more", told - most_names) : "");
}

} // namespace fedasio::master
