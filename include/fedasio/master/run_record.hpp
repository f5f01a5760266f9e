#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/master/events.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::master {

/// What a checkpoint keeps of a run beside its weights, so that a resumed run is as one that was never
/// interrupted: which run it is, its rounds, how its tables are encoded, and which owner is which client.
class run_record {
public:
    /// Rounds in their JSON form that are kept; of more than that the oldest are forgotten.
    static constexpr std::size_t most_bytes = std::size_t{16} << 20;

    explicit run_record(std::string run = {}) : run_(std::move(run)) {}

    void add(const round_result& result);
    /// JSON: `{"run": "…", "rounds": […], "owners": {"NAME": CLIENT}, "schema": {…} or null}`.
    [[nodiscard]] std::string text() const;

    std::map<std::string, client_id> owners; ///< partition `local`
    std::optional<data::csv_schema> schema;  ///< CSV only

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
