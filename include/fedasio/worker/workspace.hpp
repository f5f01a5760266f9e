#pragma once

#include <fedasio/net/buffer.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/worker/local_data.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>

namespace fedasio::worker {

/// What the master wants trained; the same for all clients of a run.
struct training_setup {
    nn::network network;
    plan::local_training local;
    std::uint64_t seed = 0;
};

/// What a client sends back: `update` and, as the frame's body, its weights.
struct trained {
    wire::update update;
    net::payload weights;
};

/// What an evaluation tells that says something of labels. Classes are told of up to
/// plan::limits::shown_classes only.
struct evaluation_extent {
    bool confusion = false; ///< which class was taken for which
    bool scores = false;    ///< how sure the model was, by class
    bool spread = false;    ///< mean and spread of a regression's targets
};

/// The task was given up because its stop flag was raised.
class cancelled_task : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "no longer needed"; }
};

/// The training gave no numbers; what() names the client and the remedy.
class diverged_training : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The memory of one training thread, used for one client after the other: the model exists here and nowhere
/// else while a client trains. It is taken when a client trains, or is evaluated, for the first time. Not
/// thread-safe.
class workspace {
public:
    explicit workspace(std::shared_ptr<const training_setup> setup);
    ~workspace();
    workspace(workspace&&) noexcept;
    workspace& operator=(workspace&&) noexcept;

    /// Trains one client from the global weights: `local.epochs` passes over its samples, shuffled by
    /// random_stream(seed, purpose::shuffle, round, client). A pure function of setup, data, weights, round
    /// and client. Looks at `stop` between batches. Throws cancelled_task, data::error for a client without
    /// samples, and diverged_training.
    trained train(const local_data& data, std::span<const float> weights, std::uint32_t round,
                  std::uint32_t client, const std::atomic<bool>& stop);
    /// Loss, hits and errors on the samples that the client holds out, and what is to be told besides.
    wire::evaluation evaluate(const local_data& data, std::span<const float> weights, std::uint32_t client,
                              const std::atomic<bool>& stop, evaluation_extent extent = {});
    [[nodiscard]] const training_setup& setup() const noexcept;

private:
    struct memory;

    std::unique_ptr<memory> memory_;
};

} // namespace fedasio::worker
