#pragma once

#include <fedasio/simulation/grid.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::simulation {

/// What a run was given besides its plan: runs that differ in it are not repetitions of each other.
struct run_inputs {
    std::string data = {}; ///< files and folders in place of the plan's, with ", " between them
    std::string trainer = {};
    std::string evaluator = {};

    friend bool operator==(const run_inputs&, const run_inputs&) = default;
};

/// How one run of a sweep ended.
struct sweep_row {
    std::string run; ///< the plan with its rounds and target, as sweep_run::id
    /// Its values at every place that the sweeps of this folder have set or varied, `seed` left out; where
    /// they left it alone, the plan's own or default one.
    std::vector<setting> grid;
    std::uint64_t seed = 0;
    std::string outcome; ///< rounds_done, target_reached, stopped_early or failed
    std::uint32_t rounds = 0;
    std::optional<double>
        rounds_to_target; ///< interpolated, as in curve.hpp; empty: no target, or not reached
    std::optional<double> best_test_accuracy;
    std::optional<double> last_test_accuracy;
    std::optional<double> best_test_loss; ///< the lowest
    std::optional<double> last_test_loss;
    std::optional<double> last_test_r2;
    std::optional<double> last_test_rmse; ///< as last_test_mae in the label's unit
    std::optional<double> last_test_mae;
    std::optional<double> last_test_auc;
    std::optional<double> last_train_loss;
    double seconds = 0;        ///< of all rounds, those before an interruption too
    std::uint64_t dropped = 0; ///< updates that should have come and did not, over all rounds
    std::string weights_sha256;
    std::string plan_digest;
    std::string reason; ///< why it failed
    run_inputs inputs;  ///< empty in a row that an older version wrote
};

/// The rows of a folder, in `results.json` and `results.csv`. Both are written anew, durably, with each row,
/// so they are valid and complete at any time. A row of JSON is an object with the members of sweep_row,
/// `grid` an object of path and value, `inputs` three members by their names; the CSV (RFC 4180) has a column
/// for every path that occurs, then the same members.
class sweep_results {
public:
    /// Takes up the rows that are there. Throws std::runtime_error if `results.json` is there but is no such
    /// file.
    explicit sweep_results(std::filesystem::path folder);

    [[nodiscard]] const std::vector<sweep_row>& rows() const noexcept { return rows_; }

    /// The row of this run, or nullptr; valid until the next put().
    [[nodiscard]] const sweep_row* find(std::string_view run) const;
    /// Adds the row, or replaces the one of the same run. Throws std::system_error that names the file.
    void put(sweep_row row);
    /// Calls `complete` for every row, which may add to its `grid` and change its `inputs`, and writes if one
    /// has changed.
    void complete(const std::function<void(sweep_row&)>& complete);

private:
    void write() const;

    std::filesystem::path folder_;
    std::vector<sweep_row> rows_;
};

} // namespace fedasio::simulation
