#pragma once

#include <fedasio/plan/plan.hpp>
#include <fedasio/simulation/grid.hpp>
#include <fedasio/simulation/simulate.hpp>
#include <fedasio/simulation/sweep_results.hpp>
#include <fedasio/simulation/sweep_summary.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace fedasio::simulation {

/// A plan, and how its runs differ from it and from each other.
struct sweep_request {
    std::filesystem::path plan;
    std::vector<setting> settings;           ///< for every run, in this order, before the grid's
    std::vector<axis> axes;                  ///< every combination of their values is run ...
    std::vector<std::uint64_t> seeds;        ///< ... with every seed; empty: with the plan's own
    std::vector<std::filesystem::path> data; ///< as simulation_options::data, for every run
    std::string trainer = {};                ///< as simulation_options::trainer
    std::string evaluator = {};              ///< as simulation_options::evaluator
};

/// One run of a sweep.
struct sweep_run {
    std::vector<setting> grid;     ///< its values on the axes, `seed` left out
    std::vector<setting> settings; ///< those of every run that the grid left as they are, `seed` left out
    plan::plan plan;
    std::vector<std::filesystem::path> data;
    std::string trainer = {};
    std::string evaluator = {};
    /// 16 hexadecimal digits over all that decides its row: the plan's digest, rounds and target, `data`, and
    /// the command lines of programs.
    std::string id = {};

    /// Such as "learning_rate=0.1 seed=3": for people; the last part of each path and its value.
    [[nodiscard]] std::string label() const;
};

/// All runs in their order, seeds changing fastest; each is checked before any can start. Throws
/// text::field_error for a plan that is wrong with some values, a model that cannot be built or a file
/// that is not there included, and std::invalid_argument for a grid that makes no sense.
[[nodiscard]] std::vector<sweep_run> plan_sweep(const sweep_request& what);

struct sweep_options {
    std::filesystem::path out; ///< results, curves, and checkpoints of the run under way; made if missing
    std::uint32_t threads = 0; ///< as simulation_options::threads
    bool retry_failed = false; ///< runs with a row that says failed are run again
};

/// What a sweep is doing, for people.
struct sweep_progress {
    enum class kind {
        already_done, ///< has a row from an earlier sweep
        started,
        resumed, ///< goes on after `round`
        round,   ///< is over, with this test accuracy
        warning, ///< `text`
        finished,
        interrupted, ///< by the stop token; its checkpoint, if it has one, stays
    };

    kind what = kind::started;
    std::size_t number = 0; ///< of the run, from 1
    const sweep_run& run;
    std::uint32_t round = 0;
    std::optional<double> accuracy;
    std::optional<double> loss; ///< of the test
    std::string text;
    const sweep_row* row = nullptr; ///< with already_done and finished
};

struct sweep_summary {
    std::size_t succeeded = 0;
    std::size_t failed = 0;         ///< have a row that says so
    std::size_t open = 0;           ///< have no row, because the sweep was stopped
    std::vector<sweep_group> seeds; ///< of the runs that have a row
};

using simulator = std::function<bool(const plan::plan&, const simulation_options&, const std::stop_token&,
                                     const std::function<void(const master::event&)>&)>;

/// Runs one after the other and writes into `options.out`
///
///     results.json, results.csv   a row a run (sweep_results.hpp), complete after each run
///     summary.csv                 a row for all seeds of the same plan (sweep_summary.hpp), likewise
///     plans/ID.json               the plan of each run, all defaults filled in
///     curves/ID.csv               a line a round (curve.hpp), while it goes on
///     state/ID/                   checkpoints of a run that has no row yet
///
/// A run that has a row is not run again. One that was interrupted goes on from its last checkpoint, if the
/// plan has any written, else starts anew; its row is the same either way but for the seconds. A run that
/// fails, by diverging or with an evaluator that tested nothing, is a row with the reason, and the next
/// begins. Ends early, with the rows that are there, when `stop` is requested. Two sweeps must not use the
/// same folder at the same time: the second throws std::runtime_error. Throws std::system_error if a file
/// cannot be written.
sweep_summary sweep(const std::vector<sweep_run>& runs, const sweep_options& options,
                    const std::stop_token& stop,
                    const std::function<void(const sweep_progress&)>& on_progress,
                    const simulator& run_plan = simulate);

} // namespace fedasio::simulation
