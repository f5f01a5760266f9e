#pragma once

#include <fedasio/plan/plan.hpp>

#include <cstdint>
#include <optional>

namespace fedasio::master {

/// What may be changed of a plan without making it another one.
struct terms {
    std::uint32_t last_round = 0;
    std::optional<double> target_accuracy;
    double deadline = 0; ///< seconds
    double fraction = 1;

    friend bool operator==(const terms&, const terms&) = default;
};

/// What was asked for by `change`, in place of the plan's.
struct changed_terms {
    std::optional<std::uint32_t> rounds; ///< the last one in all
    bool target_changed = false;
    std::optional<double> target_accuracy;
    std::optional<double> deadline;
    std::optional<double> fraction;

    friend bool operator==(const changed_terms&, const changed_terms&) = default;
};

/// What the last `train` asked for, and `change` made of it.
struct ordered_terms {
    std::uint32_t last_round = 0;
    std::optional<double> target_accuracy;
    std::uint32_t after = 0; ///< the round that it went on from: what came before does not reach its goal

    friend bool operator==(const ordered_terms&, const ordered_terms&) = default;
};

/// What the plan says.
[[nodiscard]] terms terms_of(const plan::plan& plan);

/// What counts: an order before a change, and a change before the plan. An order leaves deadline and fraction
/// to them.
[[nodiscard]] terms terms_in_force(const terms& planned, const changed_terms& changed,
                                   const std::optional<ordered_terms>& ordered);

/// What a checkpoint keeps of what was asked for.
struct kept_orders {
    terms planned; ///< when it was written; without the fraction, which makes another plan
    changed_terms changed;
    std::optional<ordered_terms> ordered;

    friend bool operator==(const kept_orders&, const kept_orders&) = default;
};

} // namespace fedasio::master
