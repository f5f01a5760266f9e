#pragma once

#include <fedasio/method/client_half.hpp>
#include <fedasio/method/local_training.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/trainers/errors.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/worker/local_data.hpp>

#include <boost/json/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fedasio::worker {

/// What the master wants trained; the same for all clients of a run.
struct training_setup {
    std::optional<nn::network> network; ///< none: the model is a trainer's own
    method::local_training local;
    std::uint64_t seed = 0;
    /// What clients do in a round; null: they train once, from the global weights, and send what comes out.
    std::shared_ptr<const method::strategy> strategy = nullptr;
    std::string run = {};            ///< with a strategy: 16 hexadecimal digits, by which states are kept
    bool master_keeps_state = false; ///< the clients' states come and go with requests and updates
    std::optional<nn::model_arrays> own_arrays = std::nullopt; ///< where there is no network
    /// For a trainer process: what it is told of all this.
    std::shared_ptr<const boost::json::object> told = nullptr;

    [[nodiscard]] std::size_t parameter_count() const {
        return network ? network->parameter_count() : own_arrays.value().size();
    }

    [[nodiscard]] nn::model_arrays arrays() const {
        return network ? nn::model_arrays(*network) : own_arrays.value();
    }

    /// Floats of what travels: all but the arrays that stay at the client.
    [[nodiscard]] std::size_t shared_count() const {
        return network ? network->parameter_count() : own_arrays.value().shared();
    }

    /// Floats of the arrays that stay at the client.
    [[nodiscard]] std::size_t private_count() const { return parameter_count() - shared_count(); }

    /// Clients keep something from one of their rounds to the next.
    [[nodiscard]] bool keeps_states() const { return strategy != nullptr || private_count() > 0; }

    /// Vectors of parameter_count() floats that come with the global weights, and go with an update.
    [[nodiscard]] std::size_t channels() const { return strategy ? strategy->channels().size() : 0; }
};

/// Train a client in a round.
struct training_request {
    std::uint32_t round = 0;
    std::uint32_t client = 0;
    std::span<const float> weights; ///< the global ones, then the strategy's channels
    method::client_state state;     ///< the client's, after its last round that counted
};

/// What a client sends back: `update` and, as the frame's body, its weights, then the strategy's channels,
/// then its state if the master keeps it.
struct trained {
    wire::update update;
    net::payload weights;
    method::client_state state;    ///< the client's, if its update counts and the worker keeps it
    std::uint32_t state_round = 0; ///< of the state that it went on from; the worker writes it down
};

/// What an evaluation tells that says something of labels. Classes are told of up to
/// plan::limits::shown_classes only.
struct evaluation_extent {
    bool confusion = false; ///< which class was taken for which
    bool scores = false;    ///< how sure the model was, by class
    bool spread = false;    ///< mean and spread of a regression's targets
    bool histogram = false; ///< which outputs came out for which of them
};

/// Evaluate a model on the samples that a client holds out.
struct evaluation_request {
    std::uint32_t client = 0;
    std::span<const float> weights; ///< as in training_request
    bool personal = false;          ///< the strategy's own model of the client, not the global one
    method::client_state state = {};
    evaluation_extent extent = {};
};

using trainers::cancelled_task;
using trainers::diverged_training;

/// All that a worker must know of a model: what trains and evaluates one client after the other, on one
/// thread at a time. Requests go in and answers come out; the worker around it keeps connection, order,
/// states and finished updates. What it needs memory for it takes when it is first asked to train or to
/// evaluate.
class trainer {
public:
    trainer() = default;
    trainer(const trainer&) = delete;
    trainer& operator=(const trainer&) = delete;
    virtual ~trainer() = default;

    [[nodiscard]] virtual const training_setup& setup() const noexcept = 0;

    /// The samples of the clients from now on. Called before the first request, and when they change.
    virtual void load(std::shared_ptr<const local_data> data) = 0;

    /// A pure function of setup, data and request. Looks at `stop` often: throws cancelled_task soon after it
    /// was raised. Throws data::error for a client that is not here, has no samples, or whose samples do not
    /// fit the model, and diverged_training.
    virtual trained train(training_request what, const std::atomic<bool>& stop) = 0;

    /// Loss, hits and errors, and what is to be told besides. Throws likewise.
    virtual wire::evaluation evaluate(const evaluation_request& what, const std::atomic<bool>& stop) = 0;
};

/// Trains the plan's network on this machine: `local.epochs` passes over a client's samples, shuffled by
/// random_stream(seed, in_pass(purpose::shuffle, n), round, client), with dropout of
/// random_stream(seed, in_pass(purpose::dropout, n), round, client); n is 0 but for the further passes of a
/// strategy, method::local_pass::number. The model exists in it and nowhere else while a client trains.
[[nodiscard]] std::unique_ptr<trainer> make_builtin_trainer(std::shared_ptr<const training_setup> setup);

} // namespace fedasio::worker
