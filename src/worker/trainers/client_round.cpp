#include "worker/trainers/client_round.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/random.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace fedasio::worker {
namespace {

constexpr std::size_t evaluation_batch = 64;
constexpr std::uint32_t most_passes = 65535; // in_pass() has no more

} // namespace

model_memory::training& model_memory::to_train() {
    if (!trains_) {
        const auto batch = setup_.local.batch_size;
        trains_.emplace(training{nn::trainer(*setup_.network, setup_.local.optimizer, batch),
                                 learning::batch_loader(*setup_.network, batch),
                                 {}});
    }
    return *trains_;
}

learning::evaluation& model_memory::to_evaluate() {
    if (!evaluates_) {
        evaluates_.emplace(*setup_.network, evaluation_batch);
    }
    return *evaluates_;
}

client_round::client_round(const training_setup& setup, model_memory& memory, const data::dataset& samples,
                           std::span<const std::uint32_t> own, training_request& request,
                           const std::atomic<bool>& stop)
    : setup_(setup), memory_(memory), samples_(samples), own_(own), request_(request), stop_(stop),
      local_(setup.local.in_round(request.round)) {
    if (own.empty()) {
        throw data::error("client " + std::to_string(request.client) + " has no samples to train on");
    }
}

std::span<const float> client_round::vector(std::size_t number) const {
    const auto size = setup_.parameter_count();
    return request_.weights.subspan(number * size, size);
}

diverged_training client_round::diverged(const std::string& what) const {
    return diverged_training("the training of client " + std::to_string(request_.client) + " diverges (" +
                             what + "): lower local.optimizer.learning_rate in the plan");
}

client_round::outcome client_round::run(const nn::training_pass& pass, std::uint32_t number) {
    if (number > most_passes) {
        throw std::invalid_argument("a client has too many passes in a round");
    }
    const auto stream = [&](purpose what) {
        return random_stream(setup_.seed, in_pass(what, number), request_.round, request_.client);
    };
    auto& [trainer, loader, order] = memory_.to_train();
    trainer.begin(pass, stream(purpose::dropout));
    auto shuffle = stream(purpose::shuffle);
    auto variation = stream(purpose::augmentation);
    order.assign(own_.begin(), own_.end());
    nn::batch_result epoch;
    for (std::uint32_t done = 0; done < local_.epochs; ++done) {
        shuffle.shuffle(std::span(order));
        epoch = {};
        for (std::size_t begin = 0; begin < order.size(); begin += local_.batch_size) {
            if (stop_.load(std::memory_order_relaxed)) {
                throw cancelled_task();
            }
            const auto size = std::min<std::size_t>(local_.batch_size, order.size() - begin);
            const auto expected = loader.read(samples_, std::span(order).subspan(begin, size));
            loader.vary(local_.augmentation, variation);
            const auto result = trainer.step(loader.features(), expected, size);
            epoch.loss_sum += result.loss_sum;
            epoch.correct += result.correct;
        }
    }
    const auto count = static_cast<double>(order.size());
    outcome result{epoch.loss_sum / count, std::nullopt};
    if (samples_.class_count() > 0) {
        result.accuracy = static_cast<double>(epoch.correct) / count;
    }
    if (!std::isfinite(result.loss)) {
        throw diverged("its loss is not a number");
    }
    return result;
}

method::local_result client_round::train(const method::local_pass& pass) {
    std::vector<std::size_t> frozen;
    for (std::size_t i = 0; i < pass.frozen.size(); ++i) {
        if (pass.frozen[i]) {
            frozen.push_back(i);
        }
    }
    nn::training_pass how{pass.start};
    how.correction = pass.correction;
    how.anchor = pass.anchor;
    how.proximal = pass.proximal;
    how.learning_rate = local_.optimizer.learning_rate;
    how.frozen = frozen;
    const auto found = run(how, pass.number);
    const auto& trainer = memory_.to_train().trainer;
    method::local_result result;
    result.weights.assign(trainer.weights().begin(), trainer.weights().end());
    result.steps = trainer.steps();
    result.loss = found.loss;
    result.accuracy = found.accuracy;
    return result;
}

double client_round::loss_with(std::span<const float> weights) {
    learning::evaluation_sums sums;
    const auto is_stopped = [&] { return stop_.load(std::memory_order_relaxed); };
    if (!memory_.to_evaluate().add(samples_, own_, weights, is_stopped, sums)) {
        throw cancelled_task();
    }
    const auto loss = sums.loss_sum / static_cast<double>(sums.samples);
    if (!std::isfinite(loss)) {
        throw diverged("the loss of the weights that it received is not a number");
    }
    return loss;
}

} // namespace fedasio::worker
