#include <fedasio/method/quorum.hpp>

#include <boost/json/object.hpp>

#include "master/machine.hpp"
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
net::awaitable<bool> machine::wait_for(bool (machine::*condition)() const, net::clock::time_point deadline) {
    const bool cancelled_before = co_await net::is_cancelled();
    if (cancelled_before) {
        co_return false;
    }
    bool expired = false;
    std::unique_ptr<net::alarm> alarm;
    if (deadline != net::clock::time_point::max()) {
        alarm = setting_.rt.time.at(deadline, [&] {
            expired = true;
            members_.roster.changed().set();
        });
    }
    bool is_line_due = false;
    std::unique_ptr<net::alarm> next_line;
    const auto plan_line = [&] {
        next_line = setting_.rt.time.at(told_waiting_ + between_lines, [&] {
            is_line_due = true;
            members_.roster.changed().set();
        });
    };
    plan_line();
    while (!(this->*condition)() && !expired) {
        members_.roster.changed().reset();
        const auto cancelled = co_await members_.roster.changed().wait();
        if (cancelled) {
            co_return false;
        }
        if (std::exchange(is_line_due, false) && !expired) {
            told_waiting_ = setting_.rt.time.now();
            setting_.notice(noticed::severity::info, "waiting: " + missing_workers());
            plan_line();
        }
    }
    co_return !expired;
}

/// A master that has nothing to do until somebody orders it to train says so: after a minute, then after
/// twice as long each time, at most an hour.
void machine::say_idle_in(net::clock::duration pause) {
    idle_line_ = setting_.rt.time.at(setting_.rt.time.now() + pause, [this, pause] {
        setting_.notice(noticed::severity::info,
                        fmt::format("waiting for an order to train (fedasio train, or the page); "
                                    "{} workers are connected",
                                    members_.roster.all().size()));
        say_idle_in(std::min<net::clock::duration>(2 * pause, longest_idle));
    });
}

/// Waits until somebody comes, goes or is rejected since the clients were dealt, so that dealing them anew
/// may help. What a training waits in all is bounded: who comes and goes does not prolong it.
net::awaitable<void> machine::wait_for_hosts(net::clock::time_point since) {
    const auto& everybody = members_.roster.all();
    const bool hopeless = std::ranges::all_of(everybody, [](const auto& entry) {
        return !entry.second->unusable.empty() && !may_still_load(*entry.second);
    });
    if (!everybody.empty() && hopeless && !progress_.has_cohort()) {
        throw run_failed("no worker can take part" + unusable_workers());
    }
    if (is_short_of_usable_owners()) {
        throw run_failed("the training cannot begin: " + missing_workers());
    }
    if (const auto empty = clients_without_samples(); !empty.empty()) {
        throw run_failed("no client has a sample to train on: " + empty);
    }
    progress_.enter(phase::waiting);
    const auto left = setting_.options.patience - waited_;
    const bool changed = co_await wait_for(&machine::roster_has_changed, since + left);
    const bool cancelled = co_await net::is_cancelled();
    waited_ += setting_.rt.time.now() - since;
    if (!changed && !cancelled) {
        throw run_failed("no worker hosted a client with data for " + minutes(setting_.options.patience) +
                         " in all; " + missing_workers());
    }
}

/// Whether the clients with a worker that is ready will do: for the first round of a run as many as the
/// quorum of the plan's, with `require_all` always all of them.
bool machine::has_clients_enough() const {
    const auto all =
        std::max<std::uint64_t>(setting_.plan.clients, setting_.is_local() ? members_.owners.size() : 0);
    const auto quorum = !progress_.has_cohort() && model_.round() == 0
                            ? method::quorum(setting_.plan.quorum, setting_.plan.clients)
                            : 0;
    const auto needed = setting_.plan.require_all ? all : quorum;
    std::uint64_t ready = 0;
    for (const auto& [id, who] : members_.roster.all()) {
        ready += who->connection->is_open() && who->has_model ? who->data.hosted().size() : 0;
    }
    return ready >= needed;
}

/// Partition `local`: as many as the plan asks for are here, but some of them have data that cannot be used.
/// Then nobody is to be expected who would make up for them.
bool machine::is_short_of_usable_owners() const {
    if (!setting_.is_local() || progress_.has_cohort() || setting_.plan.clients == 0) {
        return false;
    }
    std::uint64_t here = 0;
    std::uint64_t usable = 0;
    for (const auto& [id, who] : members_.roster.all()) {
        const bool is_here = who->is_here();
        here += is_here ? 1 : 0;
        usable += is_here && (who->unusable.empty() || may_still_load(*who)) ? 1 : 0;
    }
    return here >= members_.owners.needed(setting_.plan) && usable < members_.owners.needed(setting_.plan);
}

/// If all clients of all workers are without samples and nobody else loads: which these are.
std::string machine::clients_without_samples() const {
    std::vector<std::string> names;
    for (const auto& [id, who] : members_.roster.all()) {
        const auto has_samples = [](const auto& client) { return client.second.samples > 0; };
        const bool may_have =
            who->unusable.empty() && !who->data.is_current() && !who->data.assigned().empty();
        if (may_have || may_still_load(*who) || std::ranges::any_of(who->data.hosted(), has_samples)) {
            return {};
        }
        if (!who->data.hosted().empty()) {
            names.push_back(
                setting_.is_local()
                    ? fmt::format("{} (client {})", who->hello.name, who->data.hosted().begin()->first)
                    : fmt::format("{} ({} clients)", who->hello.name, who->data.hosted().size()));
        }
    }
    return list_of(names);
}

/// Enough workers, and enough of the plan's clients with a worker that can host them.
bool machine::ready_to_start() const {
    if (members_.roster.all().size() < std::max(setting_.options.min_workers, 1U)) {
        return false;
    }
    const auto needed =
        method::quorum(setting_.plan.require_all ? 1.0 : setting_.plan.quorum, setting_.plan.clients);
    return members_.roster.has_room_for(needed, setting_.is_local());
}

bool machine::roster_has_changed() const {
    return members_.roster.changed().is_set();
}

/// "2 workers are connected, 3 are needed to host 3 clients; here: north, south", and why some of them do not
/// count.
std::string machine::missing_workers() const {
    const auto owners =
        setting_.is_local() ? static_cast<std::uint32_t>(members_.owners.needed(setting_.plan)) : 1U;
    const auto needed = std::max({setting_.options.min_workers, owners, 1U});
    std::vector<std::string> here;
    std::vector<std::string> away;
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->unusable.empty() && who->is_here()) {
            here.push_back(who->hello.name);
        }
    }
    for (const auto& [name, client] : members_.owners.all()) {
        if (!members_.roster.is_here(name)) {
            away.push_back(name);
        }
    }
    auto text = fmt::format("{} workers are connected, {} are needed", members_.roster.all().size(), needed);
    if (setting_.plan.clients != 0) {
        text += fmt::format(" to host {} clients", setting_.plan.clients);
    }
    text += here.empty() ? "" : "; here: " + list_of(here);
    text += away.empty() ? "" : "; away: " + list_of(away);
    return text + unusable_workers();
}

/// "; worker-1: its reason; worker-2: its reason", or nothing.
std::string machine::unusable_workers() const {
    std::string text;
    std::size_t told = 0;
    for (const auto& [id, who] : members_.roster.all()) {
        if (!who->unusable.empty() && ++told <= most_names) {
            text += "; " + who->hello.name + " cannot take part: " + who->unusable;
        }
    }
    return text + (told > most_names ? fmt::format("; and so {} more", told - most_names) : "");
}

} // namespace fedasio::master
