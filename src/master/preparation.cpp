#include <fedasio/data/holdout.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/federation/data_fit.hpp>
#include <fedasio/federation/limits.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/master/assignment.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>

#include <boost/json/object.hpp>

#include "master/advice.hpp"
#include "master/answers.hpp"
#include "master/initial_model.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = federation::message_type;

constexpr auto pause_between_deals = std::chrono::seconds(1);
// Counts by class of all clients together: they stand in events and on the page.
constexpr std::size_t most_counts = 200'000;

} // namespace

bool run::is_local() const {
    return plan_.partition.type == data::partition_spec::scheme::local;
}

bool run::is_table() const {
    return std::holds_alternative<data::csv_source>(plan_.source);
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
    tell_standing(who, {federation::standing::kind::left_out, reason});
}

/// In the worker's own log too: the people who can mend it read that one.
void run::tell_standing(worker& who, federation::standing now) {
    if (now.state == who.standing.state && now.reason == who.standing.reason) {
        return;
    }
    who.standing = now;
    who.connection->send(net::frame(message_type::standing, federation::to_meta(now)));
    events_.publish(worker_standing{who.id, who.hello.name, now.state, now.reason});
    if (now.state == federation::standing::kind::left_out) {
        notice(noticed::severity::error, who.hello.name + " cannot take part: " + now.reason);
    } else if (now.state == federation::standing::kind::no_client) {
        notice(noticed::severity::warning, who.hello.name + " has no client: " + now.reason);
    }
}

void run::take(initial_model model) {
    network_.emplace(std::move(model.network));
    weights_ = std::move(model.weights);
    ++weights_version_;
    server_optimizer_.emplace(std::move(model.optimizer));
}

/// For a plan that leaves the number of inputs to the tables.
initial_model run::make_model_for(const data::csv_schema& schema,
                                  const std::function<bool()>& unwanted) const {
    auto spec = plan_.model;
    spec.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(schema))};
    return make_initial_model(spec, plan_, options_.memory_bytes, unwanted);
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
                    tell_standing(*who, {federation::standing::kind::no_client,
                                         "each of the plan's " + std::to_string(plan_.clients) +
                                             " clients has an owner already"});
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
    dealt_ = 0;
    for (const auto& [id, who] : roster_.all()) {
        dealt_ += wanted[id].size();
        if (!is_local() && wanted[id].empty() && who->unusable.empty() && who->connection->is_open()) {
            tell_standing(*who, {federation::standing::kind::no_client,
                                 "there are more workers than clients: each of the plan's " +
                                     std::to_string(plan_.clients) + " has a worker"});
        }
        if (who->assigned != wanted[id]) {
            who->assigned = wanted[id];
            who->data_current = false;
            who->hosted.clear();
        }
    }
}

/// All clients that were dealt have a worker that is still there, with their data and the model.
bool run::everybody_hosts() const {
    std::size_t hosted = 0;
    for (const auto& [id, who] : roster_.all()) {
        const bool here = who->connection->is_open();
        if (here && who->data_current && who->has_model) {
            hosted += who->assigned.size();
        }
        // An owner that came back while others loaded is there, but nobody has dealt with it yet.
        if (here && who->assigned.empty() && who->unusable.empty() &&
            local_clients_.contains(who->hello.name)) {
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
        ready = complete && now >= patience;
        if (!ready) {
            const auto pause = complete ? patience : now + pause_between_deals;
            co_await wait_for(&run::roster_has_changed, std::min(until, pause));
        }
        cancelled = co_await net::is_cancelled();
    }
}

/// Partition `local`: how long the quorum is worth waiting for owners that have just gone.
net::clock::time_point run::owners_may_return_until() const {
    auto latest = net::clock::time_point::min();
    std::size_t away = 0;
    for (const auto& [name, client] : local_clients_) {
        const auto left = left_.find(name);
        const bool is_leaving = std::ranges::any_of(roster_.all(), [&owner = name](const auto& entry) {
            const auto& who = *entry.second;
            return who.hello.name == owner && (who.evicted || !who.connection->is_open());
        });
        if (left != left_.end() || is_leaving) {
            ++away;
            latest = std::max(latest, (is_leaving ? rt_.time.now() : left->second) + time_to_come_back);
        }
    }
    const auto here = static_cast<double>(local_clients_.size() - away);
    const bool quorum = here >= std::ceil(plan_.quorum * static_cast<double>(local_clients_.size()));
    return quorum ? net::clock::time_point::min() : latest;
}

/// Once for each absence.
void run::tell_absent_owners() {
    for (const auto& [name, client] : local_clients_) {
        const auto left = left_.find(name);
        if (left != left_.end() && left->second != net::clock::time_point::min()) {
            notice(noticed::severity::warning, "round " + std::to_string(running_round_) +
                                                   " begins without client " + std::to_string(client) +
                                                   ": its owner " + name + " is away");
            left->second = net::clock::time_point::min();
        }
    }
}

/// Once a run, when the data is there.
void run::advise() {
    const auto hosted = roster_.hosted_clients();
    if (hosted.empty() || std::exchange(advised_, true)) {
        return;
    }
    std::vector<std::uint64_t> samples;
    std::size_t classes = schema_ ? schema_->classes.size() : 0;
    for (const auto& [client, data] : hosted) {
        samples.push_back(data.samples);
        classes = std::max(classes, data.labels.size());
    }
    for (const auto& text : {advice_on_units(classes, *network_), advice_on_outputs(plan_)}) {
        if (!text.empty()) {
            notice(noticed::severity::warning, text);
        }
    }
    if (const auto text = advice_on_steps(plan_.local, samples); !text.empty()) {
        notice(noticed::severity::info, text);
    }
}

/// Brings every worker's data up to date with the clients that it is to host.
net::awaitable<void> run::load_datasets() {
    deal_clients();
    std::vector<worker_ptr> whom;
    for (const auto& [id, who] : roster_.all()) {
        loaded_once_ = loaded_once_ || who->data_current;
        if (!who->data_current && who->unusable.empty() && !who->assigned.empty()) {
            whom.push_back(who);
        }
    }
    if (whom.empty()) {
        co_return;
    }
    enter(phase::loading_dataset);
    for (const auto& who : whom) {
        set_state(*who, worker_state::loading);
    }
    if (is_table() && !schema_) {
        co_await survey_tables(whom);
        if (!schema_) {
            co_return;
        }
        std::erase_if(whom, [](const worker_ptr& who) { return !who->unusable.empty(); });
    }
    co_await load_test_set();

    const double holdout = federation::has_test_files(plan_.source) ? 0.0 : plan_.test_fraction;
    const auto classes = network_->output().size();
    const bool wants_labels = !federation::is_regression(plan_) &&
                              classes <= federation::limits::shown_classes &&
                              classes * clients_total() <= most_counts;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        federation::load request;
        request.seed = plan_.seed;
        request.source = plan_.source;
        request.partition = plan_.partition;
        request.schema = schema_;
        request.holdout = holdout;
        request.clients_total = clients_total();
        request.clients = who->assigned;
        request.label_counts = wants_labels;
        const auto counts = wants_labels ? network_->output().size() : 0;
        const auto counts_meta = federation::limits::loaded(who->assigned.size(), counts);
        calls.emplace_back(who->connection, net::frame(message_type::load, federation::to_meta(request)),
                           counts_meta);
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        auto& who = *whom[index];
        if (who.evicted) {
            return "it was sent away";
        }
        auto loaded = federation::read_loaded(reply.meta);
        if (!std::ranges::equal(loaded.clients, who.assigned, {}, &federation::loaded::client_data::client)) {
            return "the reply names other clients than the request";
        }
        for (auto& [client, samples, held_out, labels] : loaded.clients) {
            // Nobody asks for what is held out beside test files; elsewhere more than its share would count
            // for more than its share in every test.
            held_out = holdout == 0 ? 0 : held_out;
            const auto most = data::most_held_out(samples + held_out, holdout);
            if (held_out > most) {
                return "client " + std::to_string(client) + " holds " + std::to_string(held_out) + " of " +
                       std::to_string(samples + held_out) + " samples out, at most " + std::to_string(most) +
                       " are its share";
            }
            // More classes than the model has is what the worker itself objects to, in better words.
            if (labels.size() > classes) {
                labels.clear();
            }
            const auto sum = std::reduce(labels.begin(), labels.end());
            if (!labels.empty() && sum != samples) {
                return "the label counts of client " + std::to_string(client) +
                       " are not those of its samples";
            }
        }
        worker_assigned event{who.id, {}, loaded.digest};
        who.data_digest = std::move(loaded.digest);
        for (const auto& client : loaded.clients) {
            who.hosted[client.client] = client;
            event.clients.push_back({client.client, client.samples, client.labels});
        }
        if (loaded.left_out != 0) {
            notice(noticed::severity::warning, who.hello.name + " leaves out " +
                                                   std::to_string(loaded.left_out) +
                                                   " rows whose label is missing or of no known class");
        }
        who.data_current = true;
        tell_standing(who, {});
        loaded_once_ = true;
        set_state(who, worker_state::ready);
        events_.publish(std::move(event));
        return {};
    };
    const auto answers =
        co_await net::gather(rt_, std::move(calls), net::gather_policy(deadline()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        const auto result = answers[i].result;
        if ((result == net::outcome::refused || result == net::outcome::timed_out) && !whom[i]->evicted) {
            reject(*whom[i], describe(answers[i]));
        }
    }
    compare_data(whom);
}

net::awaitable<void> run::load_test_set() {
    if (test_set_ || !federation::has_test_files(plan_.source) || (is_table() && !schema_)) {
        co_return;
    }
    // Asked before: what changes while it is read is read again next time.
    auto job = [&]() -> std::shared_ptr<const data::dataset> {
        test_set_identity_ = test_files_identity();
        if (const auto* idx = std::get_if<data::idx_source>(&plan_.source)) {
            return std::make_shared<const data::dataset>(data::read_idx(idx->test_images, idx->test_labels));
        }
        const auto& csv = std::get<data::csv_source>(plan_.source);
        return std::make_shared<const data::dataset>(data::read_csv(csv.test, *schema_));
    };
    auto loaded = co_await net::offload(rt_, pool_, std::move(job));
    if (const auto problem = federation::problem_of_fit(*loaded, *network_); !problem.empty()) {
        throw run_failed("of the test data: " + problem);
    }
    if (loaded->left_out() != 0) {
        notice(noticed::severity::warning,
               "the test file has " + std::to_string(loaded->left_out()) +
                   " rows whose label is missing or of no known class; they are left out");
    }
    test_set_ = std::move(loaded);
}

net::awaitable<void> run::distribute_model() {
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
        co_return;
    }
    enter(phase::distributing_model);
    auto on_reply = [&](std::size_t index, net::frame&) -> std::string {
        whom[index]->has_model = true;
        return {};
    };
    const auto answers =
        co_await net::gather(rt_, std::move(calls), net::gather_policy(deadline()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            reject(*whom[i], describe(answers[i]));
        }
    }
}

} // namespace fedasio::master
