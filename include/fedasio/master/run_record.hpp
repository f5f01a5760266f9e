#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/store/journal.hpp>

#include <filesystem>
#include <functional>
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

/// What the last `train` asked for, and `change` made of it.
struct ordered_terms {
    std::uint32_t last_round = 0;
    std::optional<double> target_accuracy;

    friend bool operator==(const ordered_terms&, const ordered_terms&) = default;
};

/// What a checkpoint keeps of a run beside its weights, so that a resumed run is as one that was never
/// interrupted: which run it is, its rounds, how its tables are encoded, which owner is which client, and
/// what people asked for. Rounds and changes, which grow with the run, stand in its journal.
class run_record {
public:
    explicit run_record(const std::string& run = {}) : run_record(run, store::journal(run)) {}

    run_record(std::string run, store::journal lines) : journal(std::move(lines)), run_(std::move(run)) {}

    [[nodiscard]] const std::string& run() const noexcept { return run_; }

    void add(const round_result& result);
    void add(const plan_changed& change);
    /// JSON: `{"run": "…", "journal": {"lines": N, "bytes": N, "chain": "…"}, "owners": {"NAME": CLIENT},
    /// "schema": {…} or null, "planned": {…}, "changed": {…}, "ordered": {…} or null}`. The journal's place
    /// is that behind all that was added.
    [[nodiscard]] std::string text() const;

    store::journal journal; ///< its lines: a round as in the report, or `{"change": …}`

    std::map<std::string, client_id> owners; ///< partition `local`
    std::optional<data::csv_schema> schema;  ///< CSV only
    clients_evaluated tested;                ///< the latest
    planned_terms planned;                   ///< of the plan when this was written
    changed_terms changed;                   ///< what counts now in place of the plan's
    std::optional<ordered_terms> ordered;    ///< what counts for a training that a person began

private:
    std::string run_;
};

struct kept_run {
    run_resumed resumed;
    run_record record;
    std::string problem; ///< why some rounds cannot be told any more; empty: all are there
};

/// What run_record::text() said after `round`, with the journal that `find_journal` gives for a run. Throws
/// std::exception for any other text. A text of before there were journals has the rounds in it.
[[nodiscard]] kept_run
read_run_record(std::string_view text, std::uint32_t round,
                const std::function<std::filesystem::path(const std::string& run)>& find_journal);

} // namespace fedasio::master
