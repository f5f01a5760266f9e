#include <fedasio/master/run.hpp>
#include <fedasio/method/aggregate.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/wire/cancel.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/refusal_code.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

/// Sketches of more would take memory that grows with the clients.
constexpr std::size_t most_compared = 2000;
/// So often a client goes on in one round where its owner alone can train it.
constexpr unsigned most_moves = 3;

/// A client that takes n times the steps of the median one may go n times as far. It is the client itself
/// that says how many samples it has, so not without end.
std::vector<double> allowances(const std::vector<std::uint64_t>& samples, std::uint32_t batch_size) {
    constexpr double most = 64;
    std::vector<double> steps;
    for (const auto count : samples) {
        steps.push_back(std::ceil(static_cast<double>(count) / batch_size));
    }
    auto sorted = steps;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
    std::ranges::nth_element(sorted, middle);
    for (auto& one : steps) {
        one = std::clamp(one / *middle, 1.0, most);
    }
    return steps;
}

} // namespace

net::clock::time_point run::deadline() const {
    return rt_.time.now() + patience_of_round();
}

net::clock::duration run::patience_of_round() const {
    const std::chrono::duration<double> seconds(orders_.of_round().deadline);
    return std::chrono::duration_cast<net::clock::duration>(seconds);
}

void run::set_state(worker& who, worker_state state) {
    if (who.state != state) {
        who.state = state;
        events_.publish(worker_state_changed{who.id, state});
    }
}

void run::drop(round_state& round, client_id client, const worker_ptr& host, std::string reason,
               std::string detail) {
    round.result.dropped.push_back({client, reason});
    round.trouble = reason + (detail.empty() ? "" : " (" + detail + ")");
    const auto id = host ? std::optional(host->id) : std::nullopt;
    events_.publish(client_dropped{round.result.round, client, id, std::move(reason), std::move(detail),
                                   host ? host->hello.name : std::string()});
}

/// Those of `hosts` that have the present weights neither yet nor on their way, and are to be sent them now:
/// one buffer for all. What is asked of a worker after them may follow at once, since it takes them in order;
/// so nobody waits for the slowest.
std::vector<worker_ptr> run::receivers_among(std::vector<worker_ptr> hosts) {
    std::ranges::sort(hosts, {}, [](const worker_ptr& who) { return who->id; });
    const auto doubles = std::ranges::unique(hosts);
    hosts.erase(doubles.begin(), doubles.end());
    std::erase_if(hosts, [&](const worker_ptr& who) {
        return who->weights_version == weights_version_ || !who->connection->is_open();
    });
    for (const auto& who : hosts) {
        who->weights_version = weights_version_;
        set_state(*who, worker_state::receiving);
    }
    return hosts;
}

net::frame run::weights_request() const {
    const wire::weights version{weights_version_};
    return net::frame(message_type::weights, wire::to_meta(version), weights_);
}

/// Whom the weights did not reach gets the next ones whole. Those on their way go on.
void run::settle_weights(std::span<const worker_ptr> whom, std::span<const net::gathered> answers) {
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
net::awaitable<void> run::train_cohort(round_state& round) {
    const auto& cohort = round.result.cohort;
    const auto until = deadline();
    const auto total = std::reduce(round.samples.begin(), round.samples.end());
    round.sum.emplace(weights_.floats(), std::max<std::uint64_t>(total, 1), plan_.norm_bound);
    round.allowances = allowances(round.samples, plan_.local.batch_size);
    round.updates.resize(cohort.size());
    if (options_.compare_updates && cohort.size() <= most_compared) {
        round.sketches.resize(cohort.size());
    }
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
    leave_out_of_proportion(round);
    take_mean(round);
    compare_updates(round);
}

/// Known only now that all have come: how far is far is for the round itself to say.
void run::leave_out_of_proportion(round_state& round) {
    for (const auto& [i, norm, median, base] : round.sum->settle()) {
        round.updates[i].reset();
        if (!round.sketches.empty()) {
            round.sketches[i].reset();
        }
        drop(
            round, round.result.cohort[i], round.hosts[i], "out_of_proportion",
            fmt::format("its update moves the model by {:.3g}, the round's median one by {:.3g}; the model's "
                        "own norm is {:.3g}",
                        norm, median, base));
    }
}

std::vector<worker_ptr> run::hosts_of(const round_state& round, std::span<const std::size_t> places) {
    std::vector<worker_ptr> hosts;
    for (const auto i : places) {
        hosts.push_back(round.hosts[i]);
    }
    return hosts;
}

/// Brings the weights to the workers of the clients at these places of the cohort and lets these train, each
/// worker at its own pace; each update is folded into the sum as it comes, and
/// its buffer released. Returns the places of those whose worker was lost; others without an update are
/// dropped.
net::awaitable<std::vector<std::size_t>>
run::train_clients(round_state& round, std::vector<std::size_t> places, net::clock::time_point until) {
    const auto& cohort = round.result.cohort;
    const auto update_limits = wire::limits::update(weights_.size());
    const auto receivers = receivers_among(hosts_of(round, places));
    const auto first = receivers.size();
    enter(first == 0 ? phase::training : phase::distributing_weights);
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
    auto make = [&, version = weights_version_](std::size_t index) {
        if (index < first) {
            return weights_request();
        }
        const wire::train request{round.result.round, cohort[places[index - first]], version};
        return net::frame(message_type::train, wire::to_meta(request));
    };
    auto take = [&](std::size_t i, net::frame& reply) -> std::string {
        const auto update = wire::read_update(reply.meta);
        if (update.round != round.result.round || update.client != cohort[i] ||
            update.samples != round.samples[i]) {
            return "it is not the update that was asked for";
        }
        if (update.accuracy && plan::is_regression(plan_)) {
            return "a regression has no accuracy";
        }
        if (reply.body.size() != weights_.size()) {
            return "its body has " + std::to_string(reply.body.size()) + " bytes instead of " +
                   std::to_string(weights_.size());
        }
        if (const auto rejected =
                round.sum->add(i, reply.body.floats(), update.samples, round.allowances[i])) {
            return rejected->detail + "; a lower local.optimizer.learning_rate may help";
        }
        if (!round.sketches.empty()) {
            round.sketches[i].emplace(reply.body.floats(), weights_.floats());
        }
        round.updates[i] = update;
        return {};
    };
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        if (index < first) {
            enter(phase::training);
            set_state(*receivers[index], worker_state::training);
            return {};
        }
        const auto i = places[index - first];
        auto& host = *round.hosts[i];
        set_state(host, --open[host.id] == 0 ? worker_state::ready : worker_state::training);
        auto objection = take(i, reply);
        if (objection.empty()) {
            const auto& update = *round.updates[i];
            events_.publish(client_updated{update.round, update.client, host.id, update.samples, update.loss,
                                           update.accuracy, update.seconds});
        }
        return objection;
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
    const auto answers = co_await net::gather(rt_, std::move(peers), std::move(make), update_limits, policy,
                                              on_reply, on_arrival);
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
net::awaitable<std::vector<std::size_t>>
run::find_other_hosts(round_state& round, std::vector<std::size_t>& homeless, net::clock::time_point until) {
    std::vector<std::size_t> found;
    const auto soon = std::min(until, rt_.time.now() + time_to_come_back);
    bool cancelled = co_await net::is_cancelled();
    bool waits = !homeless.empty() && round.count() < round.needed;
    while (waits && !cancelled) {
        roster_.changed().reset();
        co_await load_datasets();
        co_await distribute_model();
        std::erase_if(homeless, [&](std::size_t i) {
            const auto client = round.result.cohort[i];
            const auto host = roster_.host_of(client);
            // An owner that comes and goes must not hold the round for ever.
            const bool fits = host && host->has_model && host->hosted[client].samples == round.samples[i] &&
                              (!is_local() || ++round.moves[i] <= most_moves);
            if (fits) {
                round.hosts[i] = host;
                found.push_back(i);
                notice(noticed::severity::info, name_of(client) + " goes on at " + host->hello.name +
                                                    " in round " + std::to_string(round.result.round));
            }
            return fits;
        });
        waits = found.empty() && !orders_.is_stopping();
        if (waits) {
            enter(phase::waiting);
            const bool nobody_has_room = dealt_ > 0 && everybody_hosts();
            const bool briefly = (is_local() || nobody_has_room) && !newcomer_is_awaited();
            waits = co_await wait_for(&run::roster_has_changed, briefly ? soon : until);
        }
        cancelled = co_await net::is_cancelled();
    }
    co_return cancelled ? std::vector<std::size_t>() : found;
}

/// In the order of the clients, not of arrival: a sum of doubles depends on it.
void run::take_mean(round_state& round) const {
    double loss = 0;
    double hits = 0;
    double samples = 0;
    bool classification = true;
    for (const auto& update : round.updates) {
        if (update) {
            const auto weight = static_cast<double>(update->samples);
            loss += update->loss * weight;
            hits += update->accuracy.value_or(0) * weight;
            samples += weight;
            classification = classification && update->accuracy.has_value();
        }
    }
    if (round.count() > 0) {
        round.result.train_loss = loss / samples;
        round.result.train_accuracy = classification ? std::optional(hits / samples) : std::nullopt;
        net::buffer averaged(weights_.size());
        round.sum->result(averaged.floats());
        round.mean = net::payload(std::move(averaged));
    }
}

void run::compare_updates(const round_state& round) {
    if (round.sketches.empty() || round.count() == 0) {
        return;
    }
    const method::update_sketch step(round.mean.floats(), weights_.floats());
    updates_compared event{round.result.round, step.norm(), {}};
    for (std::size_t i = 0; i < round.sketches.size(); ++i) {
        if (const auto& sketch = round.sketches[i]) {
            event.clients.push_back({round.result.cohort[i], sketch->norm(), cosine(*sketch, step)});
        }
    }
    events_.publish(std::move(event));
}

/// Turns the mean of the updates into the next global weights.
net::awaitable<void> run::aggregate(round_state& round) {
    enter(phase::aggregating);
    auto job = [&] {
        net::buffer next(weights_.size());
        server_optimizer_->apply(weights_.floats(), round.mean.floats(), next.floats());
        return net::payload(std::move(next));
    };
    net::payload next;
    try {
        next = co_await net::offload(rt_, pool_, std::move(job));
    } catch (const std::overflow_error& e) {
        throw run_failed("round " + std::to_string(round.result.round) + " would make weights of no use (" +
                         e.what() + "): lower strategy.server_learning_rate, strategy.server_momentum or " +
                         "local.optimizer.learning_rate. The global model is that of round " +
                         std::to_string(round_));
    }
    round.before = std::exchange(weights_, std::move(next));
    ++weights_version_;
    round_ = round.result.round;
}

/// As if the round had not come to its new weights.
void run::take_back(round_state& round) {
    server_optimizer_->undo();
    weights_ = std::move(round.before);
    ++weights_version_;
    --round_;
}

net::awaitable<void> run::evaluate_model(round_state& round) {
    enter(phase::evaluating);
    if (test_set_) {
        const auto result = co_await evaluate(rt_, pool_, test_set_, *network_, weights_.floats());
        if (!result) {
            co_return;
        }
        take_metrics(round.result, result->metrics(label_unit()));
        round.result.test_samples = result->samples;
        tell_evaluation(round.result.round, *result, test_set_->class_names());
    } else {
        co_await evaluate_where_data_is(round);
    }
}

void run::tell_evaluation(std::uint32_t round, const test_result& result,
                          std::span<const std::string> classes) {
    if (result.regression || result.samples == 0) {
        return;
    }
    model_evaluated event{
        round, result.samples, {classes.begin(), classes.end()}, result.confusion, result.wrong};
    while (event.classes.size() < network_->output().size()) {
        event.classes.push_back(std::to_string(event.classes.size()));
    }
    events_.publish(std::move(event));
}

} // namespace fedasio::master
