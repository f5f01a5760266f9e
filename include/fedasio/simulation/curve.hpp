#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::simulation {

/// One round of a run. A value that does not exist (no test data, a regression's accuracy) is empty.
struct curve_point {
    std::uint32_t round = 0; ///< from 1
    std::optional<double> train_loss;
    std::optional<double> train_accuracy;
    std::optional<double> test_loss;
    std::optional<double> test_accuracy;
    double seconds = 0;        ///< the round's, evaluation included
    std::uint64_t dropped = 0; ///< clients of the cohort that gave no update
    std::optional<double> test_r2;
    std::optional<double> test_rmse; ///< as test_mae in the label's unit
    std::optional<double> test_mae;
    std::optional<double> test_auc;

    friend bool operator==(const curve_point&, const curve_point&) = default;
};

/// Rounds until the test accuracy reaches `target`, as McMahan et al. (2017) count them: the curve is made
/// monotone by taking the best value of all rounds so far, and where it crosses the target is interpolated
/// linearly between two rounds. 1 if the first round is there already; empty if no round is.
[[nodiscard]] std::optional<double> rounds_to_target(std::span<const curve_point> curve, double target);

/// The curve as CSV with a header line. Numbers are the shortest that read back bit for bit.
[[nodiscard]] std::string curve_header();
[[nodiscard]] std::string curve_line(const curve_point& point);

/// The rounds 1, 2, 3, ... that a curve's file holds; ends before the first line that is not the next round,
/// whole. A missing file holds none.
[[nodiscard]] std::vector<curve_point> read_curve(const std::filesystem::path& file);

} // namespace fedasio::simulation
