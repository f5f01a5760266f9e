#include <fedasio/net/offload.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/client_memory.hpp"
#include "master/machine.hpp"
#include "master/round_state.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

/// Sketches of more would take memory that grows with the clients.
constexpr std::size_t most_compared = 2000;
/// So often a client goes on in one round where its owner alone can train it.
constexpr unsigned most_moves = 3;

} // namespace

void machine::set_state(worker& who, worker_state state) {
    if (who.state != state) {
        who.state = state;
        setting_.events.publish(worker_state_changed{who.id, state});
    }
}

void machine::drop(round_state& round, client_id client, const worker_ptr& host, std::string reason,
                   std::string detail) {
    round.result.dropped.push_back({client, reason});
    round.trouble = reason + (detail.empty() ? "" : " (" + detail + ")");
    const auto id = host ? std::optional(host->id) : std::nullopt;
    setting_.events.publish(client_dropped{round.result.round, client, id, std::move(reason),
                                           std::move(detail), host ? host->hello.name : std::string()});
}

/// Those of `hosts` that have the present weights neither yet nor on their way, and are to be sent them now:
/// one buffer for all. What is asked of a worker after them may follow at once, since it takes them in order;
/// so nobody waits for the slowest.
std::vector<worker_ptr> machine::receivers_among(std::vector<worker_ptr> hosts) {
    std::ranges::sort(hosts, {}, [](const worker_ptr& who) { return who->id; });
    const auto doubles = std::ranges::unique(hosts);
    hosts.erase(doubles.begin(), doubles.end());
    std::erase_if(hosts, [&](const worker_ptr& who) {
        return who->weights_version == model_.version() || !who->connection->is_open();
    });
    for (const auto& who : hosts) {
        who->weights_version = model_.version();
        set_state(*who, worker_state::receiving);
    }
    return hosts;
}

net::frame machine::weights_request() const {
    const wire::weights version{model_.version()};
    return net::frame(message_type::weights, wire::to_meta(version), model_.state().sent);
}

/// Whom the weights did not reach gets the next ones whole. Those on their way go on.
void machine::settle_weights(std::span<const worker_ptr> whom, std::span<const net::gathered> answers) {
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].withdrawn) {
            whom[i]->weights_version = 0;
        }
        if (answers[i].result == net::outcome::refused) {
            reject(*whom[i], describe(answers[i]));
        }
    }
}

/// Every client of the cohort trains. Whose worker is lost trains once more where another worker can do it,
/// until the deadline; so with data that all workers reach, the death of workers changes no bit of the
/// result.
net::awaitable<void> machine::train_cohort(round_state& round) {
    const auto& cohort = round.result.cohort;
    const auto until = progress_.deadline();
    co_await begin_intake(round);
    std::vector<std::size_t> open(cohort.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    std::vector<std::size_t> homeless;
    for (;;) {
        const auto lost = co_await train_clients(round, std::move(open), until);
        homeless.insert(homeless.end(), lost.begin(), lost.end());
        open = co_await find_other_hosts(round, homeless, until);
        if (open.empty()) {
            break;
        }
    }
    const bool cancelled = co_await net::is_cancelled();
    for (const auto i : homeless) {
        if (!cancelled) {
            drop(round, cohort[i], round.hosts[i], net::to_string(net::outcome::lost),
                 round.hosts[i]->connection->end_reason());
        }
    }
    co_await leave_out_of_proportion(round);
}

/// Where the updates go. What they are measured against is looked at as a whole, so not on this thread.
net::awaitable<void> machine::begin_intake(round_state& round) {
    intake_terms terms;
    terms.strategy = setting_.plan.strategy;
    terms.local = setting_.plan.local.in_round(round.result.round);
    terms.base = model_.weights();
    terms.channels = model_.state().channels;
    terms.cohort = round.result.cohort;
    terms.samples = round.samples;
    terms.norm_bound = setting_.plan.norm_bound;
    terms.compares = setting_.options.compare_updates && round.result.cohort.size() <= most_compared;
    round.updates.resize(round.result.cohort.size());
    auto job = [&] { return std::make_shared<update_intake>(setting_.rt, setting_.pool, std::move(terms)); };
    round.intake = co_await setting_.offload(std::move(job));
}

/// Known only now that all have come: how far is far is for the round itself to say.
net::awaitable<void> machine::leave_out_of_proportion(round_state& round) {
    auto job = [&] { return round.intake->settle(); };
    for (const auto& [client, norm, median, base] : co_await setting_.offload(std::move(job))) {
        leave_out(
            round, client, "out_of_proportion",
            fmt::format("its update moves the model by {:.3g}, the round's median one by {:.3g}; the model's "
                        "own norm is {:.3g}",
                        norm, median, base));
    }
}

/// Its update came, and does not count.
void machine::leave_out(round_state& round, client_id client, std::string reason, std::string detail) {
    const auto found = std::ranges::lower_bound(round.result.cohort, client);
    const auto i = static_cast<std::size_t>(found - round.result.cohort.begin());
    round.updates[i].reset();
    round.intake->forget(client);
    drop(round, client, round.hosts[i], std::move(reason), std::move(detail));
}

std::vector<worker_ptr> machine::hosts_of(const round_state& round, std::span<const std::size_t> places) {
    std::vector<worker_ptr> hosts;
    for (const auto i : places) {
        hosts.push_back(round.hosts[i]);
    }
    return hosts;
}

/// What the clients at these places go on from; empty where nobody keeps anything here.
net::awaitable<std::vector<sent_state>> machine::states_of(std::vector<client_id> clients) {
    std::vector<sent_state> found(clients.size());
    for (std::size_t i = 0; i < clients.size(); ++i) {
        found[i].round = memory_.round_of(clients[i]);
    }
    if (memory_.is_here()) {
        auto job = [&] {
            for (std::size_t i = 0; i < clients.size(); ++i) {
                found[i] = memory_.find(clients[i], found[i].round);
            }
            return true;
        };
        co_await setting_.offload(std::move(job));
    }
    co_return found;
}

/// Brings the weights to the workers of the clients at these places of the cohort and lets these train, each
/// worker at its own pace; each update is folded into the sum as it comes, and
/// its buffer released. Returns the places of those whose worker was lost; others without an update are
/// dropped.
net::awaitable<std::vector<std::size_t>>
machine::train_clients(round_state& round, std::vector<std::size_t> places, net::clock::time_point until) {
    const auto& cohort = round.result.cohort;
    const bool returns_state = memory_.is_here();
    const auto update_limits =
        wire::limits::update(model_.weights().size(), model_.state().channels.size(), returns_state);
    std::vector<client_id> clients;
    for (const auto i : places) {
        clients.push_back(cohort[i]);
    }
    const auto kept = co_await states_of(std::move(clients));
    const auto receivers = receivers_among(hosts_of(round, places));
    const auto first = receivers.size();
    progress_.enter(first == 0 ? phase::training : phase::distributing_weights);
    std::map<worker_id, std::size_t> open;
    std::vector<net::connection_ptr> peers;
    for (const auto& who : receivers) {
        peers.push_back(who->connection);
    }
    for (const auto i : places) {
        const auto& host = round.hosts[i];
        peers.push_back(host->connection);
        ++open[host->id];
        if (host->state != worker_state::receiving) {
            set_state(*host, worker_state::training);
        }
    }
    auto make = [&, version = model_.version()](std::size_t index) {
        if (index < first) {
            return weights_request();
        }
        const auto i = index - first;
        wire::train request{round.result.round, cohort[places[i]], version};
        request.state_round = kept[i].round;
        request.safe_round = kept[i].round == 0 ? 0 : checkpoints_.safe_round();
        request.state = kept[i].listed;
        return net::frame(message_type::train, wire::to_meta(request), kept[i].body);
    };
    auto problem_of = [&](std::size_t i, const wire::update& update,
                          const net::payload& body) -> std::string {
        if (update.round != round.result.round || update.client != cohort[i] ||
            update.samples != round.samples[i]) {
            return "it is not the update that was asked for";
        }
        if (update.accuracy && plan::is_regression(setting_.plan)) {
            return "a regression has no accuracy";
        }
        const auto wanted = model_.weights().size() * (1 + model_.state().channels.size()) +
                            wire::floats_of(update.state) * sizeof(float);
        if (body.size() != wanted || (!update.state.empty() && !returns_state)) {
            return fmt::format("its body has {} bytes instead of {}", body.size(), wanted);
        }
        return {};
    };
    auto judge = [&](std::size_t index, net::frame& reply, net::verdict judged) {
        if (index < first) {
            progress_.enter(phase::training);
            set_state(*receivers[index], worker_state::training);
            judged({});
            return;
        }
        const auto i = places[index - first];
        auto& host = *round.hosts[i];
        set_state(host, --open[host.id] == 0 ? worker_state::ready : worker_state::training);
        const auto update = wire::read_update(reply.meta);
        if (auto problem = problem_of(i, update, reply.body); !problem.empty()) {
            judged(std::move(problem));
            return;
        }
        auto counted = [&, i, update, id = host.id, judged = std::move(judged)](std::string objection) {
            if (objection.empty()) {
                round.updates[i] = update;
                setting_.events.publish(client_updated{update.round, update.client, id, update.samples,
                                                       update.loss, update.accuracy, update.seconds});
            }
            judged(std::move(objection));
        };
        round.intake->take(i, update, std::move(reply.body), std::move(counted));
    };
    const auto on_arrival = [&](std::size_t index) {
        if (index >= first) {
            set_state(*round.hosts[places[index - first]], worker_state::sending);
        }
    };
    const auto enough = round.needed >= cohort.size() ? net::gather_policy::all
                                                      : round.needed - std::min(round.needed, round.count());
    net::gather_policy policy(until, enough);
    policy.counted_from = first;
    const auto answers = co_await net::gather(setting_.rt, std::move(peers), std::move(make), update_limits,
                                              policy, judge, on_arrival);
    std::set<worker_ptr> slow; ///< they have not taken the weights
    for (std::size_t index = 0; index < first; ++index) {
        if (answers[index].result == net::outcome::timed_out ||
            answers[index].result == net::outcome::not_needed) {
            slow.insert(receivers[index]);
        }
    }
    settle_weights(receivers, answers);

    std::set<worker_ptr> late;
    std::vector<std::size_t> lost;
    for (std::size_t index = 0; index < places.size(); ++index) {
        const auto i = places[index];
        const auto& [result, code, reason, withdrawn] = answers[first + index];
        const auto& host = round.hosts[i];
        if (result == net::outcome::timed_out || result == net::outcome::not_needed) {
            late.insert(host);
            if (slow.contains(host) || host->state == worker_state::sending) {
                round.behind.insert(host->hello.name);
            }
        }
        if (result == net::outcome::timed_out) {
            round.late.insert(host->hello.name);
            drop(round, cohort[i], host, net::to_string(result),
                 slow.contains(host) ? "it did not take the weights in time" : reason);
        } else if (result == net::outcome::lost) {
            lost.push_back(i);
        } else if (result == net::outcome::refused && code == "invalid") {
            drop(round, cohort[i], host, "invalid", reason);
        } else if (result == net::outcome::refused && code == wire::refusal_code::diverged) {
            ++round.diverged;
            drop(round, cohort[i], host, net::to_string(result), reason);
        } else if (result != net::outcome::reply && result != net::outcome::cancelled) {
            drop(round, cohort[i], host, net::to_string(result), reason);
        }
    }
    for (const auto& who : late) {
        const wire::cancel message{round.result.round};
        who->connection->send(net::frame(message_type::cancel, wire::to_meta(message)));
    }
    for (const auto& who : hosts_of(round, places)) {
        if (who->connection->is_open()) {
            set_state(*who, worker_state::ready);
        }
    }
    co_return lost;
}

/// Finds workers for the clients at the places `homeless`, takes those that have one out of it, and returns
/// them. While none has one and the round still needs them, it waits: a moment if only their owners will do,
/// or if no worker has room for them, else until `until`.
net::awaitable<std::vector<std::size_t>> machine::find_other_hosts(round_state& round,
                                                                   std::vector<std::size_t>& homeless,
                                                                   net::clock::time_point until) {
    std::vector<std::size_t> found;
    const auto soon = std::min(until, setting_.rt.time.now() + time_to_come_back);
    bool cancelled = co_await net::is_cancelled();
    bool waits = !homeless.empty() && round.count() < round.needed;
    while (waits && !cancelled) {
        members_.roster.changed().reset();
        co_await load_datasets();
        co_await distribute_model();
        std::erase_if(homeless, [&](std::size_t i) {
            const auto client = round.result.cohort[i];
            const auto host = members_.roster.host_of(client);
            // An owner that comes and goes must not hold the round for ever.
            const bool fits = host && host->has_model &&
                              host->data.hosted().at(client).samples == round.samples[i] &&
                              (!setting_.is_local() || ++round.moves[i] <= most_moves);
            if (fits) {
                round.hosts[i] = host;
                found.push_back(i);
                setting_.notice(noticed::severity::info, members_.name_of(client) + " goes on at " +
                                                             host->hello.name + " in round " +
                                                             std::to_string(round.result.round));
            }
            return fits;
        });
        waits = found.empty() && !progress_.asked.is_stopping();
        if (waits) {
            progress_.enter(phase::waiting);
            const bool nobody_has_room = dealt_ > 0 && everybody_hosts();
            const bool briefly = (setting_.is_local() || nobody_has_room) && !newcomer_is_awaited();
            waits = co_await wait_for(&machine::roster_has_changed, briefly ? soon : until);
        }
        cancelled = co_await net::is_cancelled();
    }
    co_return cancelled ? std::vector<std::size_t>() : found;
}

} // namespace fedasio::master
