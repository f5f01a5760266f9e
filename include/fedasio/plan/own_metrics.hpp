#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace fedasio::plan {

namespace limits {
inline constexpr std::size_t metric_name = 64;    ///< characters
inline constexpr std::size_t client_metrics = 16; ///< that one client may tell at a time
inline constexpr std::size_t round_metrics = 64;  ///< that a round keeps: those that most of its clients tell
inline constexpr double metric_magnitude = 1e100; ///< so that sums over all samples of all clients are finite
} // namespace limits

/// What a trainer of one's own tells beside loss and accuracy: a finite number for each name, at most
/// `limits::metric_magnitude` in magnitude, the mean over the samples that it is of.
using own_metrics = std::map<std::string, double, std::less<>>;

/// What a name of an own metric is made of, for people.
inline constexpr std::string_view metric_name_rule =
    "1 to 64 letters, digits, and any of _ . - + / @ %, the first a letter or a digit";

/// Follows that rule; of ASCII.
[[nodiscard]] bool is_metric_name(std::string_view text);

/// How `keep_best` and `early_stopping` name an own metric: "train_metrics.NAME" is that of the updates of a
/// round, "test_metrics.NAME" that of its test, as in the report.
struct own_metric_path {
    bool is_test = false;
    std::string_view name; ///< within the text that it was found in; empty: the text names none
};

[[nodiscard]] own_metric_path find_own_metric(std::string_view text);

/// The path that such a text is a misspelling of: "test_metrics.auc" of "test_metric.auc". Empty if it is
/// none.
[[nodiscard]] std::string own_metric_meant_by(std::string_view text);

} // namespace fedasio::plan
