#include <fedasio/data/holdout.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/master/assignment.hpp>
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
#include "master/machine.hpp"
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

/// The share of its samples that a client keeps for tests.
double machine::holdout() const {
    const bool tests_here =
        plan::has_test_files(setting_.plan.source) && !setting_.plan.strategy->is_personal();
    return tests_here ? 0.0 : setting_.plan.test_fraction;
}

wire::load machine::load_request(std::vector<client_id> clients, bool wants_labels) const {
    wire::load request;
    request.seed = setting_.plan.seed;
    request.source = setting_.plan.source;
    request.partition = setting_.plan.partition;
    request.schema = model_.schema();
    request.holdout = holdout();
    request.clients_total = members_.clients_total(setting_.plan);
    request.clients = std::move(clients);
    request.label_counts = wants_labels;
    return request;
}

wire::model machine::model_request() const {
    wire::model request;
    request.seed = setting_.plan.seed;
    request.network = model_.network().spec();
    request.local = setting_.plan.local;
    request.parameters = model_.network().parameter_count();
    if (memory_.is_needed()) {
        request.strategy = setting_.plan.strategy;
        request.master_keeps_state = memory_.is_here();
        request.run = checkpoints_.run();
    }
    return request;
}

/// Once a run, when the data is there.
void machine::advise() {
    const auto hosts = members_.roster.hosts();
    if (hosts.empty() || std::exchange(advised_, true)) {
        return;
    }
    std::vector<std::uint64_t> samples;
    std::size_t classes = model_.schema() ? model_.schema()->classes.size() : 0;
    for (const auto& [client, host] : hosts) {
        const auto& data = host->data.hosted().at(client);
        samples.push_back(data.samples);
        classes = std::max(classes, data.labels.size());
    }
    for (const auto& text : {advice_on_units(classes, model_.network()), advice_on_outputs(setting_.plan)}) {
        if (!text.empty()) {
            setting_.notice(noticed::severity::warning, text);
        }
    }
    if (const auto text = advice_on_steps(setting_.plan.local, samples); !text.empty()) {
        setting_.notice(noticed::severity::info, text);
    }
}

/// Brings every worker's data up to date with the clients that it is to host.
net::awaitable<void> machine::load_datasets() {
    deal_clients();
    std::vector<worker_ptr> whom;
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->data.is_current()) {
            progress_.note_loaded();
        }
        if (!who->data.is_current() && who->unusable.empty() && !who->data.assigned().empty()) {
            whom.push_back(who);
        }
    }
    if (whom.empty()) {
        co_return;
    }
    progress_.enter(phase::loading_dataset);
    for (const auto& who : whom) {
        set_state(*who, worker_state::loading);
    }
    if (setting_.is_table() && !model_.schema()) {
        co_await survey_tables(whom);
        if (!model_.schema()) {
            co_return;
        }
        std::erase_if(whom, [](const worker_ptr& who) { return !who->unusable.empty(); });
    }
    co_await test_data_.load(model_);

    const double holdout = this->holdout();
    const auto classes = model_.network().output().size();
    const bool wants_labels = !plan::is_regression(setting_.plan) && classes <= plan::limits::shown_classes &&
                              classes * members_.clients_total(setting_.plan) <= most_counts;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        const auto request = load_request(who->data.assigned(), wants_labels);
        const auto counts = wants_labels ? model_.network().output().size() : 0;
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
            setting_.notice(noticed::severity::warning,
                            who.hello.name + " leaves out " + std::to_string(loaded.left_out) +
                                " rows whose label is missing or of no known class");
        }
        members_.roster.host(who, loaded.clients, std::move(loaded.digest));
        who.proof.is_proven = true;
        if (who.standing.state != wire::standing::kind::resting) {
            tell_standing(who, {});
        }
        progress_.note_loaded();
        set_state(who, worker_state::ready);
        setting_.events.publish(std::move(event));
        return {};
    };
    const auto answers = co_await net::gather(setting_.rt, std::move(calls),
                                              net::gather_policy(progress_.deadline()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        const auto result = answers[i].result;
        if ((result == net::outcome::refused || result == net::outcome::timed_out) && !whom[i]->evicted) {
            reject(*whom[i], why_left_out(answers[i]), answers[i].result == net::outcome::timed_out);
        }
    }
    compare_data(whom);
}

net::awaitable<void> machine::distribute_model() {
    std::vector<worker_ptr> whom;
    std::vector<net::call> calls;
    for (const auto& [id, who] : members_.roster.all()) {
        if (who->data.is_current() && !who->has_model) {
            whom.push_back(who);
            calls.emplace_back(who->connection,
                               net::frame(message_type::model, wire::to_meta(model_request())), short_meta);
        }
    }
    if (whom.empty()) {
        co_return;
    }
    progress_.enter(phase::distributing_model);
    auto on_reply = [&](std::size_t index, net::frame&) -> std::string {
        whom[index]->has_model = true;
        return {};
    };
    const auto answers = co_await net::gather(setting_.rt, std::move(calls),
                                              net::gather_policy(progress_.deadline()), on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            reject(*whom[i], why_left_out(answers[i]), answers[i].result == net::outcome::timed_out);
        }
    }
}

} // namespace fedasio::master
