#pragma once

#include <fedasio/master/events.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace fedasio::master {

/// Sees when a training no longer makes its model better: when a metric has not become better for so many
/// rounds in a row. A round is better than the best before it if it is by more than `least_change`; what
/// changes by less, or for the worse, is waited on. (Prechelt, "Early Stopping - But When?", 1998; the
/// criterion is that of Keras' EarlyStopping.)
///
/// It depends on nothing but the results it was given, so one that is given those of a resumed run decides as
/// if the run had never been interrupted. Rounds without a value, and tests of some of the clients only,
/// count for nothing.
class early_stop {
public:
    /// `metric` is a number of the round's result by its name in the report, or of an own metric by its path.
    /// `patience` is at least 1, `least_change` at least 0.
    early_stop(std::string metric, bool higher_is_better, std::uint32_t patience, double least_change)
        : metric_(std::move(metric)), higher_is_better_(higher_is_better), patience_(patience),
          least_change_(least_change) {}

    /// A finished round, in order.
    void take(const round_result& result);
    /// Forgets all rounds.
    void begin();

    [[nodiscard]] bool is_reached() const noexcept { return since_best_ >= patience_; }

    /// For people, once it is reached: the metric, and which round was the best.
    [[nodiscard]] std::string reason() const;

private:
    std::string metric_;
    bool higher_is_better_;
    std::uint32_t patience_;
    double least_change_;
    std::optional<double> best_;
    std::uint32_t best_round_ = 0;
    std::uint32_t since_best_ = 0; ///< rounds with a value
};

} // namespace fedasio::master
