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

} // namespace fedasio::master
