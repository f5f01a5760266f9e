#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/source_spec.hpp>
#include <fedasio/wire/limits.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::wire {

/// Which clients the worker hosts from now on, and which samples are theirs. It replaces what was loaded
/// before.
struct load {
    std::uint64_t seed = 0;
    data::source_spec source;
    data::partition_spec partition;
    std::optional<data::csv_schema> schema; ///< CSV only
    double holdout = 0;                     ///< share of each client's samples kept for evaluation
    std::uint32_t clients_total = 0;
    std::vector<std::uint32_t> clients;
    bool label_counts = false; ///< asks for client_data::labels
};

/// The reply.
struct loaded {
    struct client_data {
        std::uint32_t client = 0;
        std::uint64_t samples = 0;              ///< to train on
        std::uint64_t held_out = 0;             ///< to evaluate on
        std::vector<std::uint64_t> labels = {}; ///< of the samples to train on, by class; empty: not told
    };

    std::vector<client_data> clients; ///< one for each client asked for, in that order
    std::string digest;               ///< of all samples in memory; empty: not told
    std::uint64_t left_out = 0;       ///< CSV: rows of the table that are in no sample
};

[[nodiscard]] boost::json::object to_meta(const load& what);
[[nodiscard]] load read_load(const boost::json::object& meta);
[[nodiscard]] boost::json::object to_meta(const loaded& what);
[[nodiscard]] loaded read_loaded(const boost::json::object& meta);

/// Why this schema cannot be sent, in a request that is so long without it; empty: it can.
[[nodiscard]] std::string problem_of_size(const data::csv_schema& what, std::size_t bytes_beside);

namespace limits {
inline constexpr std::size_t bytes_a_client = 96;

/// The reply to a `load` of so many clients, with counts for so many classes.
constexpr net::frame_limits loaded(std::size_t hosted, std::size_t classes) {
    return {short_reply.meta + (bytes_a_client + bytes_a_count * classes) * hosted, 0};
}
} // namespace limits

} // namespace fedasio::wire
