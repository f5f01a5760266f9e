#pragma once

#include <fedasio/master/early_stop.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/terms.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace fedasio::master {

/// How a training ended.
struct training_end {
    training_outcome outcome = training_outcome::stopped;
    std::string detail;
};

/// What ends a training by itself: its last round, the target accuracy, or that it no longer gets better.
/// Decides by the results it was given and by nothing else.
class training_goal {
public:
    /// `early`: when it no longer gets better; empty: that ends nothing.
    explicit training_goal(std::optional<early_stop> early = {}) : early_(std::move(early)) {}

    /// A person wants a training: what came before does not end it.
    void begin();
    /// A finished round, in order.
    void take(const round_result& result);
    /// Those of the rounds of an earlier process that came after round `after`.
    void recall(std::span<const round_result> rounds, std::uint32_t after);

    /// After `round`, the last one that is finished; empty: there is more to train.
    [[nodiscard]] std::optional<training_end> reached(const terms& now, std::uint32_t round) const;

private:
    std::optional<double> accuracy_; ///< of the last round, as far as it counts
    std::optional<early_stop> early_;
};

} // namespace fedasio::master
