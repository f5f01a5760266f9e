#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace fedasio::master {

/// Where the state machine stands. The names are those of the HTTP interface and the report.
enum class phase {
    waiting,
    loading_dataset,
    distributing_model,
    distributing_weights,
    training,
    aggregating,
    evaluating,
    paused,
    finished,
    failed,
};

inline constexpr std::size_t phase_count = 10;

constexpr std::string_view to_string(phase which) noexcept {
    constexpr std::array<std::string_view, phase_count> names{
        "waiting",  "loading_dataset", "distributing_model", "distributing_weights",
        "training", "aggregating",     "evaluating",         "paused",
        "finished", "failed"};
    return names[static_cast<std::size_t>(which)];
}

} // namespace fedasio::master
