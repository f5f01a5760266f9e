#include "master/metric.hpp"

#include <fedasio/plan/own_metrics.hpp>

#include <algorithm>
#include <cmath>

namespace fedasio::master {

std::optional<double> metric_of(const round_result& result, std::string_view name) {
    const auto* const found = std::ranges::find(round_metrics, name, &round_metric::name);
    if (found == round_metrics.end()) {
        const auto [is_test, own_name] = plan::find_own_metric(name);
        const auto& told = is_test ? result.test_metrics : result.train_metrics;
        const auto own = told.find(own_name);
        return own == told.end() ? std::nullopt : std::optional(own->second);
    }
    const auto& value = result.*(found->value);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

} // namespace fedasio::master
