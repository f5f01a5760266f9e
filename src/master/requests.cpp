#include "master/requests.hpp"

#include <fedasio/data/holdout.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace fedasio::master {

double holdout_of(const plan::plan& plan) {
    const bool tests_here = plan::has_test_files(plan.source) && !plan.strategy->is_personal();
    return tests_here ? 0.0 : plan.test_fraction;
}

wire::load load_request(const setting& given, const run_state& state, std::vector<client_id> clients,
                        bool wants_labels) {
    wire::load request;
    request.seed = given.plan.seed;
    request.source = given.plan.source;
    request.partition = given.plan.partition;
    request.schema = state.model.schema();
    request.holdout = holdout_of(given.plan);
    request.clients_total = state.members.clients_total(given.plan);
    request.clients = std::move(clients);
    request.label_counts = wants_labels;
    return request;
}

wire::model model_request(const setting& given, const run_state& state) {
    wire::model request;
    request.seed = given.plan.seed;
    if (const auto* network = state.model.network()) {
        request.network = network->spec();
    }
    request.arrays = state.model.arrays();
    request.local = given.plan.local;
    request.parameters = state.model.arrays().size();
    if (given.plan.strategy->has_client_half()) {
        request.strategy = given.plan.strategy;
    }
    if (state.memory.is_needed()) {
        request.master_keeps_state = state.memory.is_here();
        request.run = state.memory.run();
    }
    return request;
}

std::string objection_to(wire::loaded& loaded, const std::vector<client_id>& wanted, double holdout,
                         std::size_t classes, bool trainer_has_data) {
    if (!std::ranges::equal(loaded.clients, wanted, {}, &wire::loaded::client_data::client)) {
        return "the reply names other clients than the request";
    }
    for (auto& [client, samples, held_out, labels] : loaded.clients) {
        // Nobody asks for what is held out beside test files; elsewhere more than its share would count
        // for more than its share in every test.
        held_out = holdout == 0 ? 0 : held_out;
        const auto most = trainer_has_data ? held_out : data::most_held_out(samples + held_out, holdout);
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
            return "the label counts of client " + std::to_string(client) + " are not those of its samples";
        }
    }
    return {};
}

} // namespace fedasio::master
