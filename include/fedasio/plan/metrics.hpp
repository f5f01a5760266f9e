#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace fedasio::plan {

/// A number of a round's result by which models are compared, by its name in the report.
struct metric {
    std::string_view name;
    bool higher_is_better = false; ///< else it is a loss or an error
};

/// All that `keep_best` and `early_stopping` may name.
inline constexpr std::array metrics{metric{"test_accuracy", true},
                                    metric{"test_loss"},
                                    metric{"train_accuracy", true},
                                    metric{"train_loss"},
                                    metric{"test_r2", true},
                                    metric{"test_rmse"},
                                    metric{"test_mae"},
                                    metric{"test_auc", true},
                                    metric{"test_loss_median"},
                                    metric{"test_accuracy_median", true},
                                    metric{"test_r2_median", true},
                                    metric{"test_rmse_median"},
                                    metric{"test_mae_median"},
                                    metric{"test_auc_median", true},
                                    metric{"personal_loss"},
                                    metric{"personal_accuracy", true}};

/// False for a name that is none.
[[nodiscard]] constexpr bool is_better_when_higher(std::string_view name) {
    const auto* const found = std::ranges::find(metrics, name, &metric::name);
    return found != metrics.end() && found->higher_is_better;
}

} // namespace fedasio::plan
