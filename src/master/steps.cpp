#include <fedasio/federation/aggregate.hpp>
#include <fedasio/federation/limits.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>

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

namespace message_type = federation::message_type;

/// Sketches of more would take memory that grows with the clients.
constexpr std::size_t most_compared = 2000;

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
    return rt_.time.now() + deadline_;
}

void run::set_state(worker& who, worker_state state) {
    if (who.state != state) {
        who.state = state;
        events_.publish(worker_state_changed{who.id, state});
    }
}

void run::select_cohort(round_state& round) {
    std::vector<client_id> available;
    for (const auto& [client, counts] : roster_.hosted_clients()) {
        const auto host = roster_.host_of(client);
        if (counts.samples > 0 && host->has_model) {
            available.push_back(client);
        }
    }
    if (!available.empty()) {
        const auto share = std::min(1.0, fraction_ * plan_.over_selection);
        round.result.cohort =
            federation::select_cohort(available, clients_total(), share, plan_.seed, round.result.round);
    }
    const auto wanted = std::max(1.0, std::round(fraction_ * clients_total()));
    const auto possible = std::min(wanted, static_cast<double>(round.result.cohort.size()));
    round.needed = static_cast<std::size_t>(std::ceil(plan_.quorum * possible));
    for (const auto client : round.result.cohort) {
        round.hosts.push_back(roster_.host_of(client));
        const auto known = round.hosts.back()->hosted.find(client);
        round.samples.push_back(known->second.samples);
    }
    if (!round.result.cohort.empty()) {
        events_.publish(round_started{round.result.round, round.result.cohort});
    }
}

void run::drop(round_state& round, client_id client, const worker_ptr& host, std::string reason,
               std::string detail) {
    round.result.dropped.push_back({client, reason});
    round.trouble = reason + (detail.empty() ? "" : " (" + detail + ")");
    const auto id = host ? std::optional(host->id) : std::nullopt;
    events_.publish(client_dropped{round.result.round, client, id, std::move(reason), std::move(detail)});
}

/// One buffer, written to every worker that has not got this version yet.
net::awaitable<void> run::distribute_weights(std::vector<worker_ptr> whom) {
    std::ranges::sort(whom, {}, &worker::id);
    const auto doubles = std::ranges::unique(whom);
    whom.erase(doubles.begin(), doubles.end());

    const auto version = weights_version_;
    std::erase_if(whom, [&](const worker_ptr& who) { return who->weights_version == version; });
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        set_state(*who, worker_state::receiving);
        net::frame request(message_type::weights, federation::to_meta(federation::weights{version}),
                           weights_);
        calls.emplace_back(who->connection, std::move(request), short_meta);
    }
    auto on_reply = [&](std::size_t index, net::frame&) -> std::string {
        whom[index]->weights_version = version;
        set_state(*whom[index], worker_state::ready);
        return {};
    };
    const auto answers =
        co_await net::gather(rt_, std::move(calls), net::gather_policy(deadline()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
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
        enter(phase::distributing_weights);
        co_await distribute_weights(hosts_of(round, open));
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

/// Lets the clients at these places of the cohort train; each update is folded into the sum as it comes, and
/// its buffer released. Returns the places of those whose worker was lost; others without an update are
/// dropped.
net::awaitable<std::vector<std::size_t>>
run::train_clients(round_state& round, std::vector<std::size_t> places, net::clock::time_point until) {
    enter(phase::training);
    const auto& cohort = round.result.cohort;
    const auto update_limits = federation::limits::update(weights_.size());
    std::map<worker_id, std::size_t> open;
    std::vector<net::connection_ptr> peers;
    for (const auto i : places) {
        const auto& host = round.hosts[i];
        const bool current = host->weights_version == weights_version_ && host->connection->is_open();
        peers.push_back(current ? host->connection : nullptr);
        if (current) {
            ++open[host->id];
            set_state(*host, worker_state::training);
        }
    }
    auto make = [&, version = weights_version_](std::size_t index) {
        const federation::train request{round.result.round, cohort[places[index]], version};
        return net::frame(message_type::train, federation::to_meta(request));
    };
    auto take = [&](std::size_t i, net::frame& reply) -> std::string {
        const auto update = federation::read_update(reply.meta);
        if (update.round != round.result.round || update.client != cohort[i] ||
            update.samples != round.samples[i]) {
            return "it is not the update that was asked for";
        }
        if (update.accuracy && federation::is_regression(plan_)) {
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
        const auto i = places[index];
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
        set_state(*round.hosts[places[index]], worker_state::sending);
    };
    const auto enough = round.needed >= cohort.size() ? net::gather_policy::all
                                                      : round.needed - std::min(round.needed, round.count());
    const auto answers = co_await net::gather(rt_, std::move(peers), std::move(make), update_limits,
                                              net::gather_policy(until, enough), on_reply, on_arrival);

    std::set<worker_ptr> late;
    std::vector<std::size_t> lost;
    for (std::size_t index = 0; index < places.size(); ++index) {
        const auto i = places[index];
        const auto& [result, code, reason] = answers[index];
        const auto& host = round.hosts[i];
        if (result == net::outcome::timed_out || result == net::outcome::not_needed) {
            late.insert(host);
        }
        if (result == net::outcome::lost && host->connection->is_open() && !host->evicted) {
            drop(round, cohort[i], host, "timed_out", "its worker did not take the weights in time");
        } else if (result == net::outcome::lost) {
            lost.push_back(i);
        } else if (result == net::outcome::refused && code == "invalid") {
            drop(round, cohort[i], host, "invalid", reason);
        } else if (result == net::outcome::refused && code == federation::refusal_code::diverged) {
            ++round.diverged;
            drop(round, cohort[i], host, net::to_string(result), reason);
        } else if (result != net::outcome::reply && result != net::outcome::cancelled) {
            drop(round, cohort[i], host, net::to_string(result), reason);
        }
    }
    for (const auto& who : late) {
        const federation::cancel message{round.result.round};
        who->connection->send(net::frame(message_type::cancel, federation::to_meta(message)));
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
            const bool fits = host && host->has_model && host->hosted[client].samples == round.samples[i];
            if (fits) {
                round.hosts[i] = host;
                found.push_back(i);
                notice(noticed::severity::info, "client " + std::to_string(client) + " goes on at " +
                                                    host->hello.name + " in round " +
                                                    std::to_string(round.result.round));
            }
            return fits;
        });
        waits = found.empty() && !stopping_;
        if (waits) {
            enter(phase::waiting);
            const bool nobody_has_room = dealt_ > 0 && everybody_hosts();
            waits = co_await wait_for(&run::roster_has_changed, is_local() || nobody_has_room ? soon : until);
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
    const federation::update_sketch step(round.mean.floats(), weights_.floats());
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
