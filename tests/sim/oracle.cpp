#include "sim/oracle.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/method/round_sum.hpp>

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
    worker::training_setup setup{nn::network(spec), plan.local, plan.seed};
    if (plan.strategy->has_client_half()) {
        setup.strategy = plan.strategy;
        setup.run = std::string(16, '0');
    }
    return setup;
}

} // namespace

oracle::oracle(const plan::plan& plan) : plan_(plan) {
    wire::load what;
    what.seed = plan.seed;
    what.source = plan.source;
    what.partition = plan.partition;
    what.schema = schema_of(plan);
    const bool tests_there = plan::has_test_files(plan.source) && !plan.strategy->is_personal();
    what.holdout = tests_there ? 0.0 : plan.test_fraction;
    what.clients_total = plan.clients;
    what.clients.resize(plan.clients);
    std::iota(what.clients.begin(), what.clients.end(), 0U);
    worker::sample_cache cache;
    data_ = std::make_shared<const worker::local_data>(what, std::nullopt, cache);
    trainer_ = worker::make_builtin_trainer(
        std::make_shared<const worker::training_setup>(setup_of(plan, *what.schema)));
    trainer_->load(data_);
    const auto& network = *trainer_->setup().network;
    auto first = std::make_shared<model_state>();
    first->weights.resize(network.parameter_count());
    network.initialise(first->weights, plan.seed);
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
    const auto& how = *plan_.strategy;
    double total = 0;
    for (const auto client : cohort) {
        total += how.largest_factor(data_->find(client)->train.size());
    }
    const auto parameters = before->weights.size();
    std::vector<float> sent = before->weights;
    std::vector<std::vector<float>> channels;
    for (const auto& name : how.channels()) {
        const auto found = before->strategy.find(name);
        channels.push_back(found == before->strategy.end() ? std::vector<float>(parameters) : found->second);
        sent.insert(sent.end(), channels.back().begin(), channels.back().end());
    }
    const method::update_check check(before->weights, {channels.begin(), channels.end()});
    std::optional<method::round_sum> sum;
    if (how.takes() == method::intake::sum) {
        sum.emplace(check, total);
    }
    method::gathered_round gathered;
    gathered.round = round;
    gathered.clients = plan_.clients;
    gathered.local = plan_.local.in_round(round);
    gathered.x = before->weights;
    std::vector<net::payload> bodies;
    auto after = std::make_shared<model_state>();
    after->clients = before->clients;
    const std::atomic<bool> go_on = false;
    for (const auto client : updated) {
        const auto found = before->clients.find(client);
        const auto state = found == before->clients.end() ? method::client_state() : found->second;
        const auto result = trainer_->train({round, client, sent, state}, go_on);
        after->clients[client] = result.state;
        const auto all = result.weights.floats();
        std::vector<std::span<const float>> own;
        for (std::size_t i = 1; i <= channels.size(); ++i) {
            own.push_back(all.subspan(i * parameters, parameters));
        }
        const auto checked = check.check(all.first(parameters), std::move(own));
        const auto& update = std::get<method::checked_update>(checked);
        method::client_report report;
        report.client = client;
        report.samples = result.update.samples;
        report.steps = plan_.local.steps(report.samples);
        report.loss = result.update.loss;
        report.loss_before = result.update.loss_before;
        report.distance = update.sketch().norm();
        if (sum && sum->add(update, {client, how.factor(report, plan_.local), how.share(report)})) {
            throw std::logic_error("an update of the simulator's plan is not fit for a sum");
        }
        gathered.reports.push_back(report);
        bodies.push_back(result.weights);
    }
    if (sum) {
        (void)sum->settle();
        gathered.sum = &*sum;
    } else {
        for (const auto& body : bodies) {
            gathered.updates.push_back(body.floats());
        }
    }
    after->weights.resize(parameters);
    after->strategy = before->strategy;
    (void)how.step(gathered, after->strategy, after->weights);
    answer = std::move(after);
    return answer;
}

} // namespace fedasio::sim
