#pragma once

#include <fedasio/learning/batch_loader.hpp>
#include <fedasio/learning/evaluation.hpp>
#include <fedasio/nn/trainer.hpp>
#include <fedasio/nn/training_pass.hpp>
#include <fedasio/worker/trainer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::worker {

/// What trains, and what evaluates, used for one client after the other. Each is made when it is needed for
/// the first time: most workers evaluate never.
class model_memory {
public:
    struct training {
        nn::trainer trainer;
        learning::batch_loader loader;
        std::vector<std::uint32_t> order;
    };

    explicit model_memory(const training_setup& setup) : setup_(setup) {}

    training& to_train();
    learning::evaluation& to_evaluate();

private:
    const training_setup& setup_;
    std::optional<training> trains_;
    std::optional<learning::evaluation> evaluates_;
};

/// One client in one round: what its strategy works with.
class client_round final : public method::client_training {
public:
    /// All that is referred to must outlive it.
    client_round(const training_setup& setup, model_memory& memory, const data::dataset& samples,
                 std::span<const std::uint32_t> own, training_request& request,
                 const std::atomic<bool>& stop);

    [[nodiscard]] const nn::network& network() const override { return *setup_.network; }

    [[nodiscard]] const method::local_training& local() const override { return local_; }

    [[nodiscard]] std::span<const float> received() const override { return vector(0); }

    [[nodiscard]] std::span<const float> channel(std::size_t number) const override {
        return vector(1 + number);
    }

    [[nodiscard]] method::client_state& state() override { return request_.state; }

    method::local_result train(const method::local_pass& pass) override;
    double loss_with(std::span<const float> weights) override;

    /// What a pass gives beside its weights, which lie in the memory's trainer until the next.
    struct outcome {
        double loss = 0; ///< mean over the last epoch
        std::optional<double> accuracy;
    };

    /// `number` is that of method::local_pass.
    outcome run(const nn::training_pass& pass, std::uint32_t number);

    /// What was not finite, in the words of people who wrote the plan.
    [[nodiscard]] diverged_training diverged(const std::string& what) const;

private:
    [[nodiscard]] std::span<const float> vector(std::size_t number) const;

    const training_setup& setup_;
    model_memory& memory_;
    const data::dataset& samples_;
    std::span<const std::uint32_t> own_; ///< of the samples: those to train on
    training_request& request_;
    const std::atomic<bool>& stop_;
    method::local_training local_;
};

} // namespace fedasio::worker
