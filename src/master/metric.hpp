#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/plan/metrics.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace fedasio::master {

/// Where a metric of plan::metrics stands in a round's result.
struct round_metric {
    std::string_view name;
    std::optional<double> round_result::* value;
};

inline constexpr std::array round_metrics{
    round_metric{"train_loss", &round_result::train_loss},
    round_metric{"train_accuracy", &round_result::train_accuracy},
    round_metric{"test_loss", &round_result::test_loss},
    round_metric{"test_accuracy", &round_result::test_accuracy},
    round_metric{"test_r2", &round_result::test_r2},
    round_metric{"test_rmse", &round_result::test_rmse},
    round_metric{"test_mae", &round_result::test_mae},
    round_metric{"test_auc", &round_result::test_auc},
    round_metric{"test_loss_median", &round_result::test_loss_median},
    round_metric{"test_accuracy_median", &round_result::test_accuracy_median},
    round_metric{"test_r2_median", &round_result::test_r2_median},
    round_metric{"test_rmse_median", &round_result::test_rmse_median},
    round_metric{"test_mae_median", &round_result::test_mae_median},
    round_metric{"test_auc_median", &round_result::test_auc_median},
    round_metric{"personal_loss", &round_result::personal_loss},
    round_metric{"personal_accuracy", &round_result::personal_accuracy}};

static_assert(std::ranges::all_of(plan::metrics, [](const plan::metric& one) {
    return std::ranges::find(round_metrics, one.name, &round_metric::name) != round_metrics.end();
}));
static_assert(plan::metrics.size() == round_metrics.size());

/// The result's value of this name, which may be that of an own metric; empty if it has none, or none that is
/// finite.
[[nodiscard]] std::optional<double> metric_of(const round_result& result, std::string_view name);

} // namespace fedasio::master
