#include <fedasio/master/plateau_watch.hpp>

#include "master/metric.hpp"
#include <string>
#include <string_view>

namespace fedasio::master {
namespace {

struct measure {
    std::string_view metric;
    bool rises;
};

constexpr std::array<measure, 4> measures{
    {{"test_accuracy", true}, {"test_rmse", false}, {"test_loss", false}, {"train_loss", false}}};

} // namespace

std::optional<round_result::plateau> plateau_watch::take(const round_result& result) {
    std::optional<round_result::plateau> flat;
    bool is_first = true;
    for (std::size_t i = 0; i < measures.size(); ++i) {
        const auto [metric, rises] = measures[i];
        auto& best = known_[i];
        const bool is_partial = result.test_partial && metric.starts_with("test_");
        if (const auto value = is_partial ? std::nullopt : metric_of(result, metric)) {
            best.last = result.round;
            if (++best.values == 1 || (rises ? *value > best.value : *value < best.value)) {
                best.value = *value;
                best.round = result.round;
            }
        }
        if (best.values > 0 && is_first) {
            is_first = false;
            const auto without = best.last - best.round;
            if (without >= least_rounds && without >= least_share * best.values) {
                flat = {std::string(metric), best.round};
            }
        }
    }
    return flat;
}

} // namespace fedasio::master
