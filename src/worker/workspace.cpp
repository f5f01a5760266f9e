#include <fedasio/data/error.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/memory.hpp>
#include <fedasio/nn/trainer.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/random.hpp>
#include <fedasio/worker/workspace.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::worker {
namespace {

constexpr std::size_t evaluation_batch = 64;

/// The features and targets of one batch at a time, in memory that is used again.
class batch_loader {
public:
    batch_loader(const nn::network& network, std::size_t most)
        : features_(most * network.input().size() * sizeof(float)), classes_(most), values_(most) {}

    /// Reads the samples `indices` of `from`; what is returned lies in this object.
    nn::targets read(const data::dataset& from, std::span<const std::uint32_t> indices) {
        from.copy_features(indices, features_.floats().first(indices.size() * from.feature_count()));
        if (from.class_count() == 0) {
            const auto values = std::span(values_).first(indices.size());
            from.copy_targets(indices, values);
            return std::span<const float>(values);
        }
        const auto classes = std::span(classes_).first(indices.size());
        from.copy_classes(indices, classes);
        return std::span<const std::int32_t>(classes);
    }

    [[nodiscard]] std::span<const float> features(std::size_t count, std::size_t each) const {
        return features_.floats().first(count * each);
    }

private:
    net::buffer features_;
    std::vector<std::int32_t> classes_;
    std::vector<float> values_;
};

const data::holdout& samples_of(const local_data& data, std::uint32_t client) {
    const auto* own = data.find(client);
    if (own == nullptr) {
        throw data::error("client " + std::to_string(client) + " is not hosted here");
    }
    return *own;
}

void check_fit(const data::dataset& samples, const nn::network& network) {
    if (const auto problem = learning::problem_of_fit(samples, network); !problem.empty()) {
        throw data::error(problem);
    }
}

} // namespace

/// What trains, and what evaluates, is made when it is needed for the first time: most workers evaluate
/// never.
struct workspace::memory {
    struct training {
        explicit training(const training_setup& what)
            : trainer(what.network, what.local.optimizer, what.local.batch_size),
              loader(what.network, what.local.batch_size) {}

        nn::trainer trainer;
        batch_loader loader;
        std::vector<std::uint32_t> order;
    };

    struct evaluation {
        explicit evaluation(const training_setup& what)
            : batch(nn::evaluation_block(what.network, evaluation_batch)), evaluator(what.network, batch),
              loader(what.network, batch) {}

        std::size_t batch; ///< few for a wide model, so that it is not long before somebody looks at `stop`
        nn::evaluator evaluator;
        batch_loader loader;
        nn::score_counts scores; ///< of as many classes as were asked for last
    };

    explicit memory(std::shared_ptr<const training_setup> what) : setup(std::move(what)) {}

    training& to_train() {
        if (!trains) {
            trains.emplace(*setup);
        }
        return *trains;
    }

    evaluation& to_evaluate() {
        if (!evaluates) {
            evaluates.emplace(*setup);
        }
        return *evaluates;
    }

    std::shared_ptr<const training_setup> setup;
    std::optional<training> trains;
    std::optional<evaluation> evaluates;
};

workspace::workspace(std::shared_ptr<const training_setup> setup)
    : memory_(std::make_unique<memory>(std::move(setup))) {}

workspace::~workspace() = default;
workspace::workspace(workspace&&) noexcept = default;
workspace& workspace::operator=(workspace&&) noexcept = default;

const training_setup& workspace::setup() const noexcept {
    return *memory_->setup;
}

trained workspace::train(const local_data& data, std::span<const float> weights, std::uint32_t round,
                         std::uint32_t client, const std::atomic<bool>& stop) {
    const auto& setup = memory_->setup;
    const auto& samples = data.samples();
    const auto& own = samples_of(data, client).train;
    check_fit(samples, setup->network);
    if (own.empty()) {
        throw data::error("client " + std::to_string(client) + " has no samples to train on");
    }
    auto& [trainer, loader, order] = memory_->to_train();
    trainer.begin(weights, random_stream(setup->seed, purpose::dropout, round, client));
    random_stream shuffle(setup->seed, purpose::shuffle, round, client);
    order.assign(own.begin(), own.end());
    nn::batch_result epoch;
    for (std::uint32_t pass = 0; pass < setup->local.epochs; ++pass) {
        shuffle.shuffle(std::span(order));
        epoch = {};
        for (std::size_t begin = 0; begin < order.size(); begin += setup->local.batch_size) {
            if (stop.load(std::memory_order_relaxed)) {
                throw cancelled_task();
            }
            const auto size = std::min<std::size_t>(setup->local.batch_size, order.size() - begin);
            const auto expected = loader.read(samples, std::span(order).subspan(begin, size));
            const auto result = trainer.step(loader.features(size, samples.feature_count()), expected, size);
            epoch.loss_sum += result.loss_sum;
            epoch.correct += result.correct;
        }
    }
    const auto count = static_cast<double>(order.size());
    trained result;
    result.update.round = round;
    result.update.client = client;
    result.update.samples = order.size();
    result.update.loss = epoch.loss_sum / count;
    if (samples.class_count() > 0) {
        result.update.accuracy = static_cast<double>(epoch.correct) / count;
    }
    if (!std::isfinite(result.update.loss)) {
        throw diverged_training(
            "the training of client " + std::to_string(client) +
            " diverges (its loss is not a number): lower local.optimizer.learning_rate in the plan");
    }
    net::buffer body(trainer.weights().size_bytes());
    std::ranges::copy(trainer.weights(), body.floats().begin());
    result.weights = net::payload(std::move(body));
    return result;
}

wire::evaluation workspace::evaluate(const local_data& data, std::span<const float> weights,
                                     std::uint32_t client, const std::atomic<bool>& stop,
                                     evaluation_extent extent) {
    const auto& setup = memory_->setup;
    const auto& samples = data.samples();
    const auto& own = samples_of(data, client).held_out;
    check_fit(samples, setup->network);
    auto& [at_once, evaluator, loader, scores] = memory_->to_evaluate();
    wire::evaluation result;
    result.client = client;
    result.samples = own.size();
    const auto width = setup->network.output().size();
    const bool regression = samples.class_count() == 0;
    const bool counts = extent.confusion && !regression && width <= plan::limits::shown_classes;
    result.confusion.resize(counts ? width * width : 0);
    if (scores.classes() != width && extent.scores && !regression) {
        scores = nn::score_counts(width);
    }
    scores.clear();
    nn::value_sums values;
    std::array<nn::prediction, evaluation_batch> predictions;
    nn::evaluation_details details;
    details.scores = extent.scores && !regression && scores.classes() > 0 ? &scores : nullptr;
    details.values = regression ? &values : nullptr;
    for (std::size_t begin = 0; begin < own.size(); begin += at_once) {
        if (stop.load(std::memory_order_relaxed)) {
            throw cancelled_task();
        }
        const auto size = std::min(at_once, own.size() - begin);
        const auto expected = loader.read(samples, std::span(own).subspan(begin, size));
        details.predictions = std::span(predictions).first(counts ? size : 0);
        const auto batch = evaluator.evaluate(weights, loader.features(size, samples.feature_count()),
                                              expected, size, details);
        for (std::size_t i = 0; i < details.predictions.size(); ++i) {
            const auto label = static_cast<std::size_t>(samples.classes()[own[begin + i]]);
            ++result.confusion[label * width + predictions[i].top];
        }
        result.loss_sum += batch.loss_sum;
        result.correct += batch.correct;
    }
    if (!std::isfinite(result.loss_sum)) {
        throw std::runtime_error("the loss of the global model is not a number");
    }
    if (details.scores != nullptr) {
        result.scores = scores.occupied();
    }
    if (regression) {
        result.absolute_sum = values.absolute;
    }
    if (regression && extent.spread) {
        result.label_mean = values.label_mean;
        result.label_m2 = values.label_m2;
    }
    return result;
}

} // namespace fedasio::worker
