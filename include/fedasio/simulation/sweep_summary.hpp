#pragma once

#include <fedasio/simulation/sweep_results.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::simulation {

/// A quantity over the runs that have it.
struct spread {
    std::size_t runs = 0;
    double mean = 0;
    std::optional<double> deviation; ///< of the sample (n - 1); empty for a single run
};

/// All seeds of one plan with the same inputs.
struct sweep_group {
    std::vector<setting> grid;
    run_inputs inputs;
    std::size_t runs = 0;   ///< that did not fail
    std::size_t failed = 0; ///< do not count in what follows
    spread rounds_to_target;
    spread best_test_accuracy;
    spread last_test_accuracy;
    spread best_test_loss;
    spread last_test_loss;
    spread last_train_loss;
    spread last_test_r2;
    spread last_test_rmse;
    spread last_test_mae;
    spread last_test_auc;
    spread seconds;
};

/// Groups the rows for which `plan_of` gives the same text, whose inputs are the same and whose grids have
/// the same values, in the order of their first rows.
[[nodiscard]] std::vector<sweep_group> summarize(std::span<const sweep_row> rows,
                                                 const std::function<std::string(const sweep_row&)>& plan_of);

/// A column for every path, then `runs` and `failed`, two columns for each quantity, `..._mean` and
/// `..._deviation`, and the inputs.
[[nodiscard]] std::string summary_csv(std::span<const sweep_group> groups);

/// Such as "0.9102 ± 0.0031"; empty if no run has the quantity.
[[nodiscard]] std::string to_text(const spread& what);

} // namespace fedasio::simulation
