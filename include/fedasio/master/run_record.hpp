#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/events.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

/// What the plan says of that which may be changed without making it another plan.
struct planned_terms {
    std::uint32_t rounds = 0;
    std::optional<double> target_accuracy;
    double deadline = 0; ///< seconds

    friend bool operator==(const planned_terms&, const planned_terms&) = default;
};

/// What was asked for by `change`, in place of the plan's.
struct changed_terms {
    std::optional<std::uint32_t> rounds;
    bool target_changed = false;
    std::optional<double> target_accuracy;
    std::optional<double> deadline;
    std::optional<double> fraction;

    friend bool operator==(const changed_terms&, const changed_terms&) = default;
};

/// What a checkpoint keeps of a run beside its weights, so that a resumed run is as one that was never
/// interrupted: which run it is, its rounds, how its tables are encoded, and which owner is which client.
class run_record {
public:
    /// Rounds in their JSON form that are kept; of more than that the oldest are forgotten.
    static constexpr std::size_t most_bytes = std::size_t{16} << 20;

    explicit run_record(std::string run = {}) : run_(std::move(run)) {}

    [[nodiscard]] const std::string& run() const noexcept { return run_; }

    void add(const round_result& result);
    /// JSON: `{"run": "…", "rounds": […], "owners": {"NAME": CLIENT}, "schema": {…} or null, "changes": […],
    /// "planned": {…}, "changed": {…}}`.
    [[nodiscard]] std::string text() const;

    std::map<std::string, client_id> owners; ///< partition `local`
    std::optional<data::csv_schema> schema;  ///< CSV only
    std::vector<plan_changed> changes;       ///< in the order in which they were made
    planned_terms planned;                   ///< of the plan when this was written
    changed_terms changed;                   ///< what counts now in place of the plan's

private:
    std::string run_;
    std::deque<std::string> rounds_;
    std::size_t bytes_ = 0;
};

struct kept_run {
    run_resumed resumed;
    run_record record;
};

/// What run_record::text() said after `round`. Throws std::exception for any other text.
[[nodiscard]] kept_run read_run_record(std::string_view text, std::uint32_t round);

} // namespace fedasio::master
