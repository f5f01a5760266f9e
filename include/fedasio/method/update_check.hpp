#pragma once

#include <fedasio/method/rejection.hpp>
#include <fedasio/method/update_sketch.hpp>

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

namespace fedasio::method {

/// An update of which every value was checked, by an update_check; it refers to what was passed in there.
class checked_update {
public:
    [[nodiscard]] std::span<const float> values() const { return values_; }

    [[nodiscard]] const std::vector<std::span<const float>>& channels() const { return channels_; }

    /// Of the update minus the weights that the round began with. Its norm() is client_report::distance.
    [[nodiscard]] const update_sketch& sketch() const { return sketch_; }

private:
    friend class update_check;

    checked_update(std::span<const float> values, std::vector<std::span<const float>> channels)
        : values_(values), channels_(std::move(channels)) {}

    std::span<const float> values_;
    std::vector<std::span<const float>> channels_;
    update_sketch sketch_;
};

/// What the updates of a round are measured against: the weights that it begins with, and for each channel of
/// the strategy the state that goes with them; and the bounds that follow from these, weight_bound() of each.
/// Refers to what is passed in. Immutable: any thread.
class update_check {
public:
    /// `compares`: updates are going to be compared; without, their sketches have a norm only.
    explicit update_check(std::span<const float> x, const std::vector<std::span<const float>>& channels = {},
                          bool compares = true);

    /// Whether every value is a finite number within its bound, and what must be known of the update before
    /// it counts; in one pass over it. The first value that is wrong is named.
    [[nodiscard]] std::variant<checked_update, rejection>
    check(std::span<const float> values, std::vector<std::span<const float>> channels = {}) const;

    [[nodiscard]] std::span<const float> x() const { return x_; }

    [[nodiscard]] float bound() const { return bound_; }

    [[nodiscard]] const std::vector<float>& channel_bounds() const { return channel_bounds_; }

private:
    std::span<const float> x_;
    float bound_;
    std::vector<float> channel_bounds_;
    bool compares_;
};

} // namespace fedasio::method
