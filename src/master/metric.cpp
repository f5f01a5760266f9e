#include "master/metric.hpp"

#include <algorithm>
#include <cmath>

namespace fedasio::master {

std::optional<double> metric_of(const round_result& result, std::string_view name) {
    const auto* const found = std::ranges::find(round_metrics, name, &round_metric::name);
    if (found == round_metrics.end()) {
        return std::nullopt;
    }
    const auto& value = result.*(found->value);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

bool is_better_when_higher(std::string_view name) {
    constexpr std::string_view of_clients = "_median";
    if (name.ends_with(of_clients)) {
        name.remove_suffix(of_clients.size());
    }
    return name.ends_with("accuracy") || name.ends_with("auc") || name.ends_with("r2");
}

} // namespace fedasio::master
