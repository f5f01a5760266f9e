#include <fedasio/data/error.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/federation/aggregate.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/master/assignment.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include "master/run_failed.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = federation::message_type;

// Answers to what a worker is asked may be larger than what it may say unasked: counts for a million clients,
// or the categories of a table.
constexpr net::frame_limits summary_meta{std::size_t{4} << 20, 0};
constexpr std::size_t bytes_a_client = 96;
constexpr net::frame_limits short_meta{std::size_t{64} << 10, 0};

/// A bound on |w| that no sensible update meets, so that one diverged client cannot spoil the mean: 1024, or
/// 16 times the largest weight now.
float weight_bound(std::span<const float> weights) {
    float largest = 0;
    for (const float w : weights) {
        largest = std::max(largest, std::abs(w));
    }
    return std::clamp(16.0F * largest, 1024.0F, std::numeric_limits<float>::max());
}

std::string describe(const net::gathered& answer) {
    return answer.reason.empty() ? net::to_string(answer.result) : answer.reason;
}

} // namespace

bool run::is_local() const {
    return plan_.partition.type == data::partition_spec::scheme::local;
}

bool run::is_table() const {
    return std::holds_alternative<data::csv_source>(plan_.source);
}

net::gather_policy run::until_deadline(std::size_t asked, bool whole) const {
    const auto enough = static_cast<std::size_t>(std::ceil(plan_.quorum * static_cast<double>(asked)));
    const bool all = whole || enough >= asked;
    return net::gather_policy(rt_.time.now() + plan_.deadline, all ? net::gather_policy::all : enough);
}

void run::set_state(worker& who, worker_state state) {
    if (who.state != state) {
        who.state = state;
        events_.publish(worker_state_changed{who.id, state});
    }
}

void run::reject(worker& who, const std::string& reason) {
    // An owner that never had usable data does not keep a client that another owner could be.
    if (is_local() && who.hosted.empty()) {
        local_clients_.erase(who.hello.name);
    }
    who.unusable = reason;
    who.hosted.clear();
    who.data_current = false;
    who.has_model = false;
    who.weights_version = 0;
    roster_.changed().set();
    set_state(who, worker_state::joined);
    notice(noticed::severity::error, who.hello.name + " cannot take part: " + reason);
}

void run::build_network(const nn::model_spec& spec) {
    try {
        network_.emplace(spec);
    } catch (const std::invalid_argument& e) {
        throw run_failed(std::string("the plan's model cannot be built: ") + e.what());
    }
    net::buffer initial(network_->parameter_count() * sizeof(float));
    network_->initialise(initial.floats(), plan_.seed);
    weights_ = net::payload(std::move(initial));
    ++weights_version_;
    server_optimizer_.emplace(plan_.strategy, network_->parameter_count());
}

/// Partition `local`: the smallest number that no owner has.
client_id run::first_free_client() const {
    std::set<client_id> taken;
    for (const auto& [name, client] : local_clients_) {
        taken.insert(client);
    }
    client_id next = 0;
    while (taken.contains(next)) {
        ++next;
    }
    return next;
}

std::uint32_t run::clients_total() const {
    std::uint32_t total = is_local() ? 0 : plan_.clients;
    for (const auto& [name, client] : local_clients_) {
        total = std::max(total, client + 1);
    }
    return total;
}

/// Decides who hosts which clients, in view of who is here now.
void run::deal_clients() {
    std::map<worker_id, std::vector<client_id>> wanted;
    if (is_local()) {
        std::map<std::string, worker_ptr> by_name;
        for (const auto& [id, who] : roster_.all()) {
            if (who->unusable.empty() && who->connection->is_open()) {
                by_name[who->hello.name] = who;
            }
        }
        for (const auto& [name, who] : by_name) {
            if (!local_clients_.contains(name)) {
                const auto next = first_free_client();
                if (plan_.clients != 0 && next >= plan_.clients) {
                    reject(*who, "each of the plan's " + std::to_string(plan_.clients) +
                                     " clients has an owner already");
                    continue;
                }
                local_clients_[name] = next;
            }
            wanted[who->id] = {local_clients_[name]};
        }
    } else {
        std::vector<host> hosts;
        for (const auto& [id, who] : roster_.all()) {
            if (who->unusable.empty() && who->connection->is_open()) {
                hosts.push_back({id, who->hello.clients, who->assigned});
            }
        }
        wanted = assign_clients(std::move(hosts), plan_.clients);
    }
    for (const auto& [id, who] : roster_.all()) {
        if (who->assigned != wanted[id]) {
            who->assigned = wanted[id];
            who->data_current = false;
            who->hosted.clear();
        }
    }
}

/// Brings every worker's data up to date with the clients that it is to host; false if one could not.
net::awaitable<bool> run::load_datasets() {
    deal_clients();
    std::vector<worker_ptr> whom;
    for (const auto& [id, who] : roster_.all()) {
        loaded_once_ = loaded_once_ || who->data_current;
        if (!who->data_current && who->unusable.empty() && !who->assigned.empty()) {
            whom.push_back(who);
        }
    }
    if (whom.empty()) {
        co_return true;
    }
    enter(phase::loading_dataset);
    for (const auto& who : whom) {
        set_state(*who, worker_state::loading);
    }
    const auto everybody = whom;
    if (is_table() && !schema_) {
        co_await survey_tables(whom);
        if (!schema_) {
            co_return false;
        }
        std::erase_if(whom, [](const worker_ptr& who) { return !who->unusable.empty(); });
    }
    co_await load_test_set();

    const bool hold_out = !federation::has_test_files(plan_.source);
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        federation::load request;
        request.seed = plan_.seed;
        request.source = plan_.source;
        request.partition = plan_.partition;
        request.schema = schema_;
        request.holdout = hold_out ? plan_.test_fraction : 0.0;
        request.clients_total = clients_total();
        request.clients = who->assigned;
        const net::frame_limits counts_meta{short_meta.meta + bytes_a_client * who->assigned.size(), 0};
        calls.emplace_back(who->connection, net::frame(message_type::load, federation::to_meta(request)),
                           counts_meta);
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        auto& who = *whom[index];
        const auto loaded = federation::read_loaded(reply.meta);
        if (!std::ranges::equal(loaded.clients, who.assigned, {}, &federation::loaded::client_data::client)) {
            return "the reply names other clients than the request";
        }
        worker_assigned event{who.id, {}};
        for (const auto& client : loaded.clients) {
            who.hosted[client.client] = client;
            event.clients.push_back({client.client, client.samples});
        }
        who.data_current = true;
        loaded_once_ = true;
        set_state(who, worker_state::ready);
        events_.publish(std::move(event));
        return {};
    };
    const auto answers = co_await net::gather(rt_, std::move(calls), until_deadline(whom.size()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            reject(*whom[i], describe(answers[i]));
        }
    }
    co_return std::ranges::all_of(everybody, [](const worker_ptr& who) { return who->data_current; });
}

/// Makes one schema of what all owners tell of their tables; none if nobody can tell anything.
net::awaitable<void> run::survey_tables(const std::vector<worker_ptr>& whom) {
    const auto& source = std::get<data::csv_source>(plan_.source);
    const bool regression = federation::is_regression(plan_);
    // With `local` every owner has rows of its own; otherwise all see the same file and one summary is
    // enough.
    const std::size_t wanted = is_local() ? whom.size() : 1;
    std::map<client_id, data::csv_summary> summaries;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        const federation::survey request{plan_.source, regression};
        calls.emplace_back(who->connection, net::frame(message_type::survey, federation::to_meta(request)),
                           summary_meta);
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        summaries[whom[index]->assigned.front()] = federation::read_summary(reply.meta);
        return {};
    };
    const net::gather_policy policy(rt_.time.now() + plan_.deadline, wanted);
    const auto answers = co_await net::gather(rt_, std::move(calls), policy, on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            reject(*whom[i], describe(answers[i]));
        }
    }
    const bool cancelled = co_await net::is_cancelled();
    if (cancelled || summaries.empty()) {
        co_return;
    }
    std::vector<data::csv_summary> in_order;
    for (auto& [client, summary] : summaries) {
        in_order.push_back(std::move(summary));
        if (in_order.size() == wanted) {
            break;
        }
    }
    auto schema = data::merge(in_order, source, regression);
    const auto features = data::feature_count(schema);
    if (!network_) {
        auto spec = plan_.model;
        spec.input = {1, 1, static_cast<std::uint32_t>(features)};
        build_network(spec);
        events_.publish(model_built{network_->parameter_count()});
        restore();
    }
    const auto inputs = network_->input().size();
    const auto outputs = network_->output().size();
    if (inputs != features) {
        throw run_failed("the table has " + std::to_string(features) +
                         " inputs after encoding, but model.input says " + std::to_string(inputs) +
                         ": leave model.input out of the plan");
    }
    if (!regression && schema.classes.size() > outputs) {
        throw run_failed("the label '" + schema.label + "' has " + std::to_string(schema.classes.size()) +
                         " classes, but the model's last layer has " + std::to_string(outputs) + " units");
    }
    schema_ = std::move(schema);
}

net::awaitable<void> run::load_test_set() {
    if (test_set_ || !federation::has_test_files(plan_.source) || (is_table() && !schema_)) {
        co_return;
    }
    auto job = [&]() -> std::shared_ptr<const data::dataset> {
        if (const auto* idx = std::get_if<data::idx_source>(&plan_.source)) {
            return std::make_shared<const data::dataset>(data::read_idx(idx->test_images, idx->test_labels));
        }
        const auto& csv = std::get<data::csv_source>(plan_.source);
        return std::make_shared<const data::dataset>(data::read_csv(csv.test, *schema_));
    };
    auto loaded = co_await net::offload(rt_, pool_, std::move(job));
    if (loaded->feature_count() != network_->input().size()) {
        throw run_failed("the test data has " + std::to_string(loaded->feature_count()) +
                         " values a sample, but the model takes " + std::to_string(network_->input().size()) +
                         ": correct model.input in the plan");
    }
    if (loaded->class_count() > network_->output().size()) {
        throw run_failed("the test data has " + std::to_string(loaded->class_count()) +
                         " classes, but the model's last layer has " +
                         std::to_string(network_->output().size()) + " units");
    }
    test_set_ = std::move(loaded);
}

net::awaitable<bool> run::distribute_model() {
    std::vector<worker_ptr> whom;
    std::vector<net::call> calls;
    for (const auto& [id, who] : roster_.all()) {
        if (who->data_current && !who->has_model) {
            federation::model request;
            request.seed = plan_.seed;
            request.network = network_->spec();
            request.local = plan_.local;
            request.parameters = network_->parameter_count();
            whom.push_back(who);
            calls.emplace_back(who->connection, net::frame(message_type::model, federation::to_meta(request)),
                               short_meta);
        }
    }
    if (whom.empty()) {
        co_return true;
    }
    enter(phase::distributing_model);
    auto on_reply = [&](std::size_t index, net::frame&) -> std::string {
        whom[index]->has_model = true;
        return {};
    };
    const auto answers = co_await net::gather(rt_, std::move(calls), until_deadline(whom.size()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            reject(*whom[i], describe(answers[i]));
        }
    }
    co_return std::ranges::all_of(whom, [](const worker_ptr& who) { return who->has_model; });
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
        round.result.cohort = federation::select_cohort(available, clients_total(), plan_.fraction,
                                                        plan_.seed, round.result.round);
    }
    for (const auto client : round.result.cohort) {
        round.hosts.push_back(roster_.host_of(client));
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
    if (phase_ != phase::evaluating) {
        enter(phase::distributing_weights);
    }
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
    const auto answers = co_await net::gather(rt_, std::move(calls), until_deadline(whom.size()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused) {
            reject(*whom[i], describe(answers[i]));
        }
    }
}

/// Every client of the cohort trains; each update is folded into the mean as it comes, and its buffer
/// released.
net::awaitable<void> run::train_cohort(round_state& round) {
    enter(phase::training);
    const auto& cohort = round.result.cohort;
    const auto parameters = network_->parameter_count();
    const net::frame_limits update_limits{short_meta.meta, parameters * sizeof(float)};

    std::vector<federation::loaded::client_data> counts;
    std::map<worker_id, std::size_t> open;
    std::uint64_t total_samples = 0;
    std::vector<net::call> calls;
    for (std::size_t i = 0; i < cohort.size(); ++i) {
        const auto& host = round.hosts[i];
        const bool current = host->weights_version == weights_version_ && host->connection->is_open();
        const auto known = host->hosted.find(cohort[i]);
        counts.push_back(known == host->hosted.end() ? federation::loaded::client_data{} : known->second);
        total_samples += counts.back().samples;
        net::frame request(message_type::train, federation::to_meta(federation::train{
                                                    round.result.round, cohort[i], weights_version_}));
        calls.emplace_back(current ? host->connection : nullptr, std::move(request), update_limits);
        if (current) {
            ++open[host->id];
            set_state(*host, worker_state::training);
        }
    }

    federation::exact_mean mean(parameters, std::max<std::uint64_t>(total_samples, 1),
                                weight_bound(weights_.floats()));
    std::vector<std::optional<federation::update>> updates(cohort.size());
    auto take = [&](std::size_t i, net::frame& reply) -> std::string {
        const auto update = federation::read_update(reply.meta);
        if (update.round != round.result.round || update.client != cohort[i] ||
            update.samples != counts[i].samples) {
            return "it is not the update that was asked for";
        }
        if (reply.body.size() != parameters * sizeof(float)) {
            return "its body has " + std::to_string(reply.body.size()) + " bytes instead of " +
                   std::to_string(parameters * sizeof(float));
        }
        if (const auto rejected = mean.add(reply.body.floats(), update.samples)) {
            return rejected->detail + "; a lower local.optimizer.learning_rate may help";
        }
        updates[i] = update;
        return {};
    };
    auto on_reply = [&](std::size_t i, net::frame& reply) -> std::string {
        auto& host = *round.hosts[i];
        if (--open[host.id] == 0) {
            set_state(host, worker_state::ready);
        }
        auto objection = take(i, reply);
        if (objection.empty()) {
            const auto& update = *updates[i];
            events_.publish(client_updated{update.round, update.client, host.id, update.samples, update.loss,
                                           update.accuracy, update.seconds});
        }
        return objection;
    };
    const auto answers =
        co_await net::gather(rt_, std::move(calls), until_deadline(cohort.size(), false), on_reply);

    std::set<worker_ptr> late;
    for (std::size_t i = 0; i < cohort.size(); ++i) {
        const auto& [result, code, reason] = answers[i];
        if (result == net::outcome::timed_out || result == net::outcome::not_needed) {
            late.insert(round.hosts[i]);
        }
        if (result != net::outcome::reply && result != net::outcome::cancelled) {
            const auto& host = round.hosts[i];
            if (result == net::outcome::refused && code == "invalid") {
                drop(round, cohort[i], host, "invalid", reason);
            } else if (result == net::outcome::lost && host->connection->is_open()) {
                drop(round, cohort[i], host, "timed_out", "its worker did not take the weights in time");
            } else {
                drop(round, cohort[i], host, net::to_string(result), reason);
            }
        }
    }
    for (const auto& who : late) {
        const federation::cancel message{round.result.round};
        who->connection->send(net::frame(message_type::cancel, federation::to_meta(message)));
    }
    for (const auto& who : round.hosts) {
        if (who->connection->is_open()) {
            set_state(*who, worker_state::ready);
        }
    }

    // In the order of the clients, not of arrival: a sum of doubles depends on it.
    double loss = 0;
    double hits = 0;
    double samples = 0;
    bool classification = true;
    for (const auto& update : updates) {
        if (update) {
            const auto weight = static_cast<double>(update->samples);
            loss += update->loss * weight;
            hits += update->accuracy.value_or(0) * weight;
            samples += weight;
            classification = classification && update->accuracy.has_value();
            ++round.updates;
        }
    }
    if (round.updates > 0) {
        round.result.train_loss = loss / samples;
        round.result.train_accuracy = classification ? std::optional(hits / samples) : std::nullopt;
        net::buffer averaged(parameters * sizeof(float));
        mean.result(averaged.floats());
        round.mean = net::payload(std::move(averaged));
    }
}

/// Turns the mean of the updates into the next global weights.
net::awaitable<void> run::aggregate(round_state& round) {
    enter(phase::aggregating);
    auto job = [&] {
        net::buffer next(weights_.size());
        server_optimizer_->apply(weights_.floats(), round.mean.floats(), next.floats());
        return net::payload(std::move(next));
    };
    weights_ = co_await net::offload(rt_, pool_, std::move(job));
    ++weights_version_;
    round_ = round.result.round;
}

net::awaitable<void> run::evaluate_model(round_state& round) {
    enter(phase::evaluating);
    if (test_set_) {
        const auto result = co_await evaluate(rt_, pool_, test_set_, *network_, weights_.floats());
        round.result.test_loss = result.loss();
        round.result.test_accuracy = result.accuracy();
    } else {
        co_await evaluate_where_data_is(round);
    }
}

/// Without test data at the master, every client evaluates the new weights on what it holds out.
net::awaitable<void> run::evaluate_where_data_is(round_state& round) {
    std::vector<client_id> clients;
    std::vector<worker_ptr> hosts;
    for (const auto& [client, counts] : roster_.hosted_clients()) {
        const auto host = roster_.host_of(client);
        if (counts.held_out > 0 && host->has_model) {
            clients.push_back(client);
            hosts.push_back(host);
        }
    }
    co_await distribute_weights(hosts);
    std::vector<net::call> calls;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        const federation::evaluate request{round.result.round, clients[i], weights_version_};
        calls.emplace_back(hosts[i]->connection,
                           net::frame(message_type::evaluate, federation::to_meta(request)), short_meta);
    }
    std::vector<federation::evaluation> results(clients.size());
    auto on_reply = [&](std::size_t i, net::frame& reply) -> std::string {
        const auto result = federation::read_evaluation(reply.meta);
        if (result.client != clients[i] || result.samples > hosts[i]->hosted[clients[i]].held_out) {
            return "it is not the evaluation that was asked for";
        }
        results[i] = result;
        return {};
    };
    const auto answers =
        co_await net::gather(rt_, std::move(calls), until_deadline(clients.size()), on_reply);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (answers[i].result != net::outcome::reply && answers[i].result != net::outcome::cancelled) {
            notice(noticed::severity::warning, "round " + std::to_string(round.result.round) +
                                                   " was evaluated without client " +
                                                   std::to_string(clients[i]) + ": " + describe(answers[i]));
        }
    }
    test_result total;
    total.regression = federation::is_regression(plan_);
    for (const auto& result : results) {
        total.samples += result.samples;
        total.loss_sum += result.loss_sum;
        total.correct += result.correct;
    }
    round.result.test_loss = total.loss();
    round.result.test_accuracy = total.accuracy();
}

} // namespace fedasio::master
