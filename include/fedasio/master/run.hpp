#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/connection.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/disk.hpp>
#include <fedasio/trainers/trainer_command.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::data {
class dataset;
}

namespace fedasio::master {

class machine;

struct run_options {
    std::uint32_t min_workers = 1;
    bool autostart = false;      ///< train the plan's rounds as soon as there are workers enough
    bool exit_when_done = false; ///< `serve` ends after the first training
    bool resume = false;         ///< go on from the latest checkpoint of this plan, if there is one
    std::filesystem::path state_dir = "fedasio-state"; ///< empty: no checkpoints
    std::size_t keep_checkpoints = 3;                  ///< the latest ones; at least 1
    /// Each training's last model goes into this file, however the training ends; empty: nowhere.
    std::filesystem::path save_to;
    /// Folders whose files, at any depth, a plan that comes with `start` may name as its test files, besides
    /// those that lie beside the first plan's; never inside state_dir.
    std::vector<std::filesystem::path> plan_folders;
    bool workers_on_this_machine = false;      ///< then its training files count like its test files
    store::disk* disk = &store::system_disk(); ///< where checkpoints and models are written
    net::connection_options connection;
    /// Bodies that are received and added up at once, in bytes, where the master is slower than its workers:
    /// at least one. The larger it is, the more memory a round takes; it is no faster.
    std::size_t window_bytes = std::size_t{16} << 20;
    /// What this machine lets a process have: a model that needs more is refused. 0: not known.
    std::uint64_t memory_bytes = 0;
    /// Measure how the updates of each round differ from their mean (`updates_compared`), and what each does
    /// to the arrays of the model (`layers_measured`). The weights do not depend on it. With more than 2,000
    /// clients in a cohort it is left out.
    bool compare_updates = true;
    /// Tests the global model after each round in the place of the clients, where the plan names no test
    /// files: a process of the user's own. No weight depends on it. Of its times `patience` is the plan's
    /// deadline.
    std::optional<trainers::trainer_command> evaluator = {};
    /// Takes what it prints, line by line; empty: nobody does.
    std::function<void(const std::string&)> evaluator_log = {};
    /// A training that could do nothing for so long, in all since its last round, has failed.
    net::clock::duration patience = std::chrono::minutes(5);
};

/// The global weights as a safetensors file.
struct model_copy {
    std::string plan; ///< its name
    std::uint32_t round = 0;
    std::string bytes;
};

/// The global weights as they lie in memory, shared with the run.
struct global_weights {
    std::string run;
    std::uint32_t round = 0;
    std::uint32_t version = 0; ///< another number whenever they are others, over 0
    nn::model_arrays arrays;
    net::payload values;
};

/// One run of a plan, from its first worker to its last round, and then that of the next plan that a command
/// brings; the workers stay. What is behind it, a part at a time, is in src/master: `machine` serves, and
/// src/master/round.cpp reads like the protocol, a step a line.
/// Lives on its runtime's thread; heavy work goes to `pool`. Everything that happens is published to
/// `events`, and to nothing else.
class run {
public:
    run(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
        event_source& events);
    run(const run&) = delete;
    run& operator=(const run&) = delete;
    ~run();

    /// Serves trainings one after the other until cancelled, or until the first is over with
    /// `exit_when_done`. False if the training that it ended with had failed, if its model could not be
    /// saved, if its weights are not safe, or if an evaluator has tested nothing.
    net::awaitable<bool> serve();
    /// Why the global weights would be lost with this process: no checkpoint of them could be written. Empty
    /// if they are on disk, or nobody wants them there.
    [[nodiscard]] std::string unsafe() const;
    /// Why not one test of this run by its evaluator worked, in words that end a sentence. Empty if one did,
    /// none was made, or no evaluator is asked.
    [[nodiscard]] std::string untested() const;
    /// Serves one worker from its hello to its end: the session of a net::listener.
    net::awaitable<void> admit(std::unique_ptr<net::stream> wire);
    net::awaitable<command_answer> execute(command what);
    /// Writes the global weights to any file, in the form of a saved model. Throws std::exception.
    net::awaitable<void> save_to(std::filesystem::path file);
    /// Empty while there is no model.
    net::awaitable<std::optional<model_copy>> copy_model();
    /// Likewise, without a copy; those of a trainer's own model too.
    [[nodiscard]] std::optional<global_weights> weights() const;
    /// The global model with what is needed to use it; shares the weights, and has no metadata but `round`.
    /// Empty while there is none. Throws std::runtime_error, for people, where the network is a trainer's
    /// own.
    [[nodiscard]] std::optional<plan::trained_model> usable_model() const;

    /// What the global model is tested with; null before it is loaded, and where clients test.
    [[nodiscard]] std::shared_ptr<const data::dataset> test_set() const noexcept;

    /// A peer that did not become a worker, and why; of many only their number is told.
    void turned_away(std::string what);

    /// What must hold between any two handlers of its thread and does not: an error of this program. Empty:
    /// all does.
    [[nodiscard]] std::string broken_invariant() const;

    /// Something outside the run that people should see.
    void notice(noticed::severity level, std::string text);

private:
    std::unique_ptr<machine> machine_;
};

} // namespace fedasio::master
