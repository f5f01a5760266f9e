#pragma once

#include <fedasio/method/local_training.hpp>
#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::method {

/// What a client keeps from one of its rounds to the next, by name; empty before its first. It survives the
/// worker, and follows the client to another worker.
using client_state = std::map<std::string, std::vector<float>>;

/// One training of `local.epochs` epochs. Spans are of parameter_count() floats and may be empty where said.
struct local_pass {
    std::span<const float> start;      ///< the weights that it begins with
    std::span<const float> anchor;     ///< what the proximal term pulls to; empty: `start`
    std::optional<float> proximal;     ///< its strength; none: that of local.optimizer
    std::span<const float> correction; ///< added to each gradient; empty: nothing is
    std::vector<bool> frozen; ///< by array of network.parameters(): keeps its values; empty: none does
    std::uint32_t number = 0; ///< of the pass in this client's round, from 0: each shuffles anew
};

struct local_result {
    std::vector<float> weights;
    std::uint64_t steps = 0; ///< of the optimizer
    double loss = 0;         ///< mean over the last epoch
    std::optional<double> accuracy;
};

/// What a strategy's client half works with, while one client trains in one round. The worker implements it.
class client_training {
public:
    client_training() = default;
    client_training(const client_training&) = delete;
    client_training& operator=(const client_training&) = delete;
    virtual ~client_training() = default;

    [[nodiscard]] virtual const nn::network& network() const = 0;
    /// With what counts in this round: `optimizer.learning_rate` is that of the schedule.
    [[nodiscard]] virtual const local_training& local() const = 0;
    /// The global weights of the round.
    [[nodiscard]] virtual std::span<const float> received() const = 0;
    /// What the master sent for the strategy's channel of that number.
    [[nodiscard]] virtual std::span<const float> channel(std::size_t number) const = 0;
    /// As it was after the client's last round that counted. What it is when the client half returns is kept
    /// with this round, if its update counts.
    [[nodiscard]] virtual client_state& state() = 0;

    /// Throws what ends the client's round: it is not needed any more, or has diverged.
    virtual local_result train(const local_pass& pass) = 0;
    /// The mean loss over the samples that the client trains on, with these weights.
    virtual double loss_with(std::span<const float> weights) = 0;
};

/// What a client half leaves: the update.
struct client_answer {
    std::vector<float> weights;               ///< parameter_count() of them
    std::vector<std::vector<float>> channels; ///< as many as the strategy has
    double loss = 0;                          ///< of the last local epoch
    std::optional<double> accuracy;           ///< likewise
    std::optional<double> loss_before;        ///< with the received weights; for a strategy that asks for it
};

} // namespace fedasio::method
