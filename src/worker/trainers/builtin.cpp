#include <fedasio/data/error.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/worker/trainer.hpp>

#include "worker/trainers/client_round.hpp"
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

bool is_finite(std::span<const float> values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

class builtin_trainer final : public trainer {
public:
    explicit builtin_trainer(std::shared_ptr<const training_setup> setup)
        : setup_(std::move(setup)), memory_(*setup_) {}

    [[nodiscard]] const training_setup& setup() const noexcept override { return *setup_; }

    void load(std::shared_ptr<const local_data> data) override { data_ = std::move(data); }

    trained train(training_request what, const std::atomic<bool>& stop) override;
    wire::evaluation evaluate(const evaluation_request& what, const std::atomic<bool>& stop) override;

private:
    [[nodiscard]] const data::holdout& samples_of(std::uint32_t client) const;
    trained train_plainly(client_round& client);
    trained train_by_strategy(client_round& client);
    [[nodiscard]] method::client_answer answer_of(client_round& client) const;
    [[nodiscard]] std::vector<float> personal_model(const evaluation_request& what) const;

    std::shared_ptr<const training_setup> setup_;
    model_memory memory_;
    std::shared_ptr<const local_data> data_;
};

const data::holdout& builtin_trainer::samples_of(std::uint32_t client) const {
    const auto* own = data_ ? data_->find(client) : nullptr;
    if (own == nullptr) {
        throw data::error("client " + std::to_string(client) + " is not hosted here");
    }
    if (const auto problem = learning::problem_of_fit(data_->samples(), *setup_->network); !problem.empty()) {
        throw data::error(problem);
    }
    return *own;
}

trained builtin_trainer::train(training_request what, const std::atomic<bool>& stop) {
    const auto& own = samples_of(what.client).train;
    client_round client(*setup_, memory_, data_->samples(), own, what, stop);
    auto result = setup_->strategy ? train_by_strategy(client) : train_plainly(client);
    result.update.round = what.round;
    result.update.client = what.client;
    result.update.samples = own.size();
    return result;
}

/// The weights learn where they are sent from.
trained builtin_trainer::train_plainly(client_round& client) {
    nn::training_pass pass{client.received()};
    pass.learning_rate = client.local().optimizer.learning_rate;
    net::buffer body(pass.weights.size_bytes());
    pass.into = body.floats();
    const auto found = client.run(pass, 0);
    trained result;
    result.update.loss = found.loss;
    result.update.accuracy = found.accuracy;
    result.weights = net::payload(std::move(body));
    return result;
}

method::client_answer builtin_trainer::answer_of(client_round& client) const {
    try {
        return setup_->strategy->train(client);
    } catch (const std::overflow_error& e) {
        throw client.diverged(e.what());
    }
}

trained builtin_trainer::train_by_strategy(client_round& client) {
    const auto answer = answer_of(client);
    const auto parameters = setup_->parameter_count();
    std::vector<std::span<const float>> parts{answer.weights};
    parts.insert(parts.end(), answer.channels.begin(), answer.channels.end());
    if (parts.size() != 1 + setup_->channels() ||
        !std::ranges::all_of(parts, [&](auto part) { return part.size() == parameters; })) {
        throw std::logic_error("the strategy " + std::string(setup_->strategy->name()) +
                               " gives an update of another size than it says");
    }
    trained result;
    result.update.loss = answer.loss;
    result.update.accuracy = answer.accuracy;
    result.update.loss_before = answer.loss_before;
    for (const auto& [name, values] : client.state()) {
        // It would be asked for in each round to come.
        if (!is_finite(values)) {
            throw client.diverged("what it keeps as '" + name + "' is not finite");
        }
        if (setup_->master_keeps_state) {
            parts.emplace_back(values);
        }
    }
    if (setup_->master_keeps_state) {
        result.update.state = wire::list_of(client.state());
    }
    std::size_t size = 0;
    for (const auto part : parts) {
        size += part.size_bytes();
    }
    net::buffer body(size);
    auto to = body.floats().begin();
    for (const auto part : parts) {
        to = std::ranges::copy(part, to).out;
    }
    result.weights = net::payload(std::move(body));
    if (!setup_->master_keeps_state) {
        result.state = std::move(client.state());
    }
    return result;
}

std::vector<float> builtin_trainer::personal_model(const evaluation_request& what) const {
    if (!setup_->strategy || !setup_->strategy->is_personal()) {
        throw std::runtime_error("clients have no models of their own in this plan");
    }
    const auto parameters = setup_->parameter_count();
    std::vector<float> own(parameters);
    setup_->strategy->personal(*setup_->network, what.state, what.weights.first(parameters), own);
    return own;
}

wire::evaluation builtin_trainer::evaluate(const evaluation_request& what, const std::atomic<bool>& stop) {
    const auto& own = samples_of(what.client).held_out;
    const auto& samples = data_->samples();
    const auto width = setup_->network->output().size();
    const bool regression = samples.class_count() == 0;
    learning::evaluation_sums sums;
    if (what.extent.confusion && !regression && width <= plan::limits::shown_classes) {
        sums.confusion.resize(width * width);
    }
    if (what.extent.scores && !regression) {
        sums.scores = nn::score_counts(width);
    }
    if (what.extent.histogram && regression) {
        sums.histogram.emplace();
    }
    std::vector<float> personal;
    auto weights = what.weights.first(setup_->parameter_count());
    if (what.personal) {
        personal = personal_model(what);
        weights = personal;
    }
    const auto is_stopped = [&] { return stop.load(std::memory_order_relaxed); };
    if (!memory_.to_evaluate().add(samples, own, weights, is_stopped, sums)) {
        throw cancelled_task();
    }
    if (!std::isfinite(sums.loss_sum)) {
        throw std::runtime_error(what.personal ? "the loss of the client's own model is not a number"
                                               : "the loss of the global model is not a number");
    }
    wire::evaluation result;
    result.client = what.client;
    result.samples = sums.samples;
    result.loss_sum = sums.loss_sum;
    result.correct = sums.correct;
    result.confusion = std::move(sums.confusion);
    result.scores = sums.scores.occupied();
    if (regression) {
        result.absolute_sum = sums.values.absolute;
    }
    if (regression && what.extent.spread) {
        result.label_mean = sums.values.label_mean;
        result.label_m2 = sums.values.label_m2;
    }
    if (sums.histogram) {
        result.histogram = sums.histogram->occupied();
    }
    return result;
}

} // namespace

std::unique_ptr<trainer> make_builtin_trainer(std::shared_ptr<const training_setup> setup) {
    return std::make_unique<builtin_trainer>(std::move(setup));
}

} // namespace fedasio::worker
