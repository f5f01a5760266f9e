#include "sim/oracle.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/method/bounded_mean.hpp>
#include <fedasio/method/server_optimizer.hpp>

#include <algorithm>
#include <atomic>
#include <numeric>

namespace fedasio::sim {

namespace {

data::csv_schema schema_of(const plan::plan& plan) {
    const auto& source = std::get<data::csv_source>(plan.source);
    const std::vector summaries{data::summarize_csv(source.train, source, false)};
    return data::merge(summaries, source, false);
}

worker::training_setup setup_of(const plan::plan& plan, const data::csv_schema& schema) {
    auto spec = plan.model;
    spec.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(schema))};
    return {nn::network(spec), plan.local, plan.seed};
}

} // namespace

oracle::oracle(const plan::plan& plan) : plan_(plan) {
    wire::load what;
    what.seed = plan.seed;
    what.source = plan.source;
    what.partition = plan.partition;
    what.schema = schema_of(plan);
    what.holdout = plan::has_test_files(plan.source) ? 0.0 : plan.test_fraction;
    what.clients_total = plan.clients;
    what.clients.resize(plan.clients);
    std::iota(what.clients.begin(), what.clients.end(), 0U);
    worker::sample_cache cache;
    data_ = std::make_shared<const worker::local_data>(what, std::nullopt, cache);
    trainer_ = worker::make_builtin_trainer(
        std::make_shared<const worker::training_setup>(setup_of(plan, *what.schema)));
    trainer_->load(data_);
    const auto& network = trainer_->setup().network;
    auto first = std::make_shared<model_state>();
    first->weights.resize(network.parameter_count());
    network.initialise(first->weights, plan.seed);
    const method::server_optimizer optimizer(plan.strategy, network.parameter_count());
    first->strategy_state.assign(optimizer.state().begin(), optimizer.state().end());
    initial_ = std::move(first);
}

bool oracle::agrees(const model_ptr& model, std::optional<double> loss, std::optional<double> accuracy) {
    const test_results now(loss, accuracy);
    return tested_.try_emplace(model, now).first->second == now;
}

model_ptr oracle::next(const model_ptr& before, std::uint32_t round, const std::vector<std::uint32_t>& cohort,
                       const std::vector<std::uint32_t>& updated) {
    auto& answer = known_[round_key(before, round, cohort, updated)];
    if (answer) {
        return answer;
    }
    std::uint64_t total = 0;
    for (const auto client : cohort) {
        total += data_->find(client)->train.size();
    }
    const auto parameters = before->weights.size();
    method::bounded_mean mean(before->weights, total, std::nullopt);
    const std::atomic<bool> go_on = false;
    for (const auto client : updated) {
        const auto result = trainer_->train({round, client, before->weights, {}}, go_on);
        if (mean.add(client, result.weights.floats(), result.update.samples)) {
            throw std::logic_error("an update of the simulator's plan is not fit for a mean");
        }
    }
    (void)mean.settle();
    std::vector<float> averaged(parameters);
    mean.result(averaged);
    method::server_optimizer optimizer(plan_.strategy, parameters);
    std::ranges::copy(before->strategy_state, optimizer.state().begin());
    auto after = std::make_shared<model_state>();
    after->weights.resize(parameters);
    optimizer.apply(before->weights, averaged, after->weights);
    after->strategy_state.assign(optimizer.state().begin(), optimizer.state().end());
    answer = std::move(after);
    return answer;
}

} // namespace fedasio::sim
