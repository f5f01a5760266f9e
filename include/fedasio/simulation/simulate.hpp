#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/worker/sample_cache.hpp>
#include <fedasio/worker/trainer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace fedasio::simulation {

struct simulation_options {
    std::uint32_t workers = 1; ///< how the clients are spread; changes no bit of the result
    /// Command line of a trainer of one's own; empty: the plan's network is trained here.
    std::string trainer = {};
    /// Command line of a process that tests the global model: as master::run_options::evaluator. Empty: none.
    std::string evaluator = {};
    /// Takes what these two print, line by line, with who it was; empty: nobody does.
    std::function<void(const std::string&)> program_log = {};
    std::uint32_t threads = 0; ///< clients that train at once, over all workers; 0: the cores of this machine
    std::filesystem::path state_dir = {}; ///< checkpoints go here; empty: none are written
    bool resume = false;                  ///< go on from the latest checkpoint of this plan in `state_dir`
    /// With the partition `local`: the data of each client, which has a worker of its own whatever `workers`
    /// says. Else none, or one file or folder in place of the plan's (--data of fedasio-worker).
    std::vector<std::filesystem::path> data = {};
    std::filesystem::path save_to = {}; ///< the final model goes into this file; empty: nowhere
    /// Simulations that share it read the same training data once; null: a cache of its own.
    std::shared_ptr<worker::sample_cache> samples = {};
    /// What trains the clients, in place of the built-in trainer: as worker_options::make_trainer.
    std::function<std::unique_ptr<worker::trainer>(std::shared_ptr<const worker::training_setup>)>
        make_trainer = worker::make_builtin_trainer;
};

/// Runs the whole plan: one master and its workers in this process, the same code and the same frames as over
/// TCP, without sockets. Memory grows with `threads` (or `workers`, if they are more), hardly with clients.
/// The plan's `deadline` does not count: here it would measure the machine and not the clients.
///
/// Every event of the master is handed to `on_event`, which must not throw, on the caller's thread. Ends
/// early, cleanly, when `stop` is requested. True if the training ended as it should: rounds done or target
/// reached, the model saved, and a test of the evaluator, if there is one; what went wrong otherwise is in
/// the events. Throws std::exception for what cannot even begin, such as a model that cannot be built or
/// options that do not fit the plan. Several simulations may run at the same time, each on a thread of its
/// own.
bool simulate(const plan::plan& plan, const simulation_options& options, std::stop_token stop,
              const std::function<void(const master::event&)>& on_event);

} // namespace fedasio::simulation
