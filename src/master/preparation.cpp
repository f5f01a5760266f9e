#include <fedasio/data/holdout.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/master/assignment.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/standing.hpp>

#include <boost/json/object.hpp>

#include "master/advice.hpp"
#include "master/answers.hpp"
#include "master/client_memory.hpp"
#include "master/initial_model.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

// Counts by class of all clients together: they stand in events and on the page.
constexpr std::size_t most_counts = 200'000;

} // namespace

bool run::is_local() const {
    return plan_.partition.type == data::partition_spec::scheme::local;
}

bool run::is_table() const {
    return std::holds_alternative<data::csv_source>(plan_.source);
}

void run::take(initial_model model) {
    network_.emplace(std::move(model.network));
    model_ = std::move(model.state);
    ++weights_version_;
}

/// For a plan that leaves the number of inputs to the tables.
initial_model run::make_model_for(const data::csv_schema& schema,
                                  const std::function<bool()>& unwanted) const {
    auto spec = plan_.model;
    spec.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(schema))};
    return make_initial_model(spec, plan_, options_.memory_bytes, unwanted);
}

/// The share of its samples that a client keeps for tests.
double run::holdout() const {
    const bool tests_here = plan::has_test_files(plan_.source) && !plan_.strategy->is_personal();
    return tests_here ? 0.0 : plan_.test_fraction;
}

wire::load run::load_request(std::vector<client_id> clients, bool wants_labels) const {
    wire::load request;
    request.seed = plan_.seed;
    request.source = plan_.source;
    request.partition = plan_.partition;
    request.schema = schema_;
    request.holdout = holdout();
    request.clients_total = clients_total();
    request.clients = std::move(clients);
    request.label_counts = wants_labels;
    return request;
}

wire::model run::model_request() const {
    wire::model request;
    request.seed = plan_.seed;
    request.network = network_->spec();
    request.local = plan_.local;
    request.parameters = network_->parameter_count();
    if (memory_->is_needed()) {
        request.strategy = plan_.strategy;
        request.master_keeps_state = memory_->is_here();
        request.run = record_.run();
    }
    return request;
}

/// Once a run, when the data is there.
void run::advise() {
    const auto hosts = roster_.hosts();
    if (hosts.empty() || std::exchange(advised_, true)) {
        return;
    }
    std::vector<std::uint64_t> samples;
    std::size_t classes = schema_ ? schema_->classes.size() : 0;
    for (const auto& [client, host] : hosts) {
        const auto& data = host->data.hosted().at(client);
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
        loaded_once_ = loaded_once_ || who->data.is_current();
        if (!who->data.is_current() && who->unusable.empty() && !who->data.assigned().empty()) {
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

    const double holdout = this->holdout();
    const auto classes = network_->output().size();
    const bool wants_labels = !plan::is_regression(plan_) && classes <= plan::limits::shown_classes &&
                              classes * clients_total() <= most_counts;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        const auto request = load_request(who->data.assigned(), wants_labels);
        const auto counts = wants_labels ? network_->output().size() : 0;
        const auto counts_meta = wire::limits::loaded(who->data.assigned().size(), counts);
        calls.emplace_back(who->connection, net::frame(message_type::load, wire::to_meta(request)),
                           counts_meta);
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        auto& who = *whom[index];
        if (who.evicted) {
            return "it was sent away";
        }
        auto loaded = wire::read_loaded(reply.meta);
        if (!std::ranges::equal(loaded.clients, who.data.assigned(), {},
                                &wire::loaded::client_data::client)) {
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
        for (const auto& client : loaded.clients) {
            event.clients.push_back({client.client, client.samples, client.labels});
        }
        if (loaded.left_out != 0) {
            notice(noticed::severity::warning, who.hello.name + " leaves out " +
                                                   std::to_string(loaded.left_out) +
                                                   " rows whose label is missing or of no known class");
        }
        roster_.host(who, loaded.clients, std::move(loaded.digest));
        who.proof.is_proven = true;
        if (who.standing.state != wire::standing::kind::resting) {
            tell_standing(who, {});
        }
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
            reject(*whom[i], why_left_out(answers[i]), answers[i].result == net::outcome::timed_out);
        }
    }
    compare_data(whom);
}

net::awaitable<void> run::load_test_set() {
    if (test_set_ || !plan::has_test_files(plan_.source) || (is_table() && !schema_)) {
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
    if (const auto problem = learning::problem_of_fit(*loaded, *network_); !problem.empty()) {
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
        if (who->data.is_current() && !who->has_model) {
            whom.push_back(who);
            calls.emplace_back(who->connection,
                               net::frame(message_type::model, wire::to_meta(model_request())), short_meta);
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
            reject(*whom[i], why_left_out(answers[i]), answers[i].result == net::outcome::timed_out);
        }
    }
}

} // namespace fedasio::master
