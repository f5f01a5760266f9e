#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/terms.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/store/journal.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

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
    /// "schema": {…} or null, "planned": {…}, "changed": {…}, "ordered": {…} or null}`, and `arrays` of a
    /// model that a trainer has brought. The journal's place is that behind all that was added.
    [[nodiscard]] std::string text() const;

    store::journal journal; ///< its lines: a round as in the report, or `{"change": …}`

    std::map<std::string, client_id> owners; ///< partition `local`
    /// Of strategies whose clients keep something: the last round of each that counted.
    std::map<client_id, std::uint32_t> states;
    std::optional<data::csv_schema> schema; ///< CSV only
    std::optional<nn::model_arrays> arrays; ///< of a model that a trainer has brought
    /// The round whose weights are there, as far as it is known before its test.
    std::optional<round_result> untested;
    clients_evaluated tested; ///< the latest
    kept_orders asked;        ///< of the run by people, and of its plan

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
