#pragma once

#include <fedasio/master/events.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::dashboard {

/// What is known of one worker; an empty value was never told.
struct worker_row {
    master::worker_id worker = 0;
    std::string name;
    std::string address;
    master::worker_state state = master::worker_state::joined;
    double joined = 0; ///< Unix seconds
    std::uint32_t threads = 0;
    std::uint32_t capacity = 0;
    std::string version;
    std::string instruction_set;
    std::vector<master::client_id> clients;
    std::uint64_t samples = 0;
    std::optional<double> cpu_percent;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<double> round_trip_ms;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t queued_bytes = 0;
    std::optional<std::uint32_t> round; ///< of its last update
    std::optional<double> loss;         ///< sample-weighted over its clients in that round
    std::optional<double> accuracy;
    std::optional<double> seconds; ///< of the slowest of them
    wire::standing::kind standing = wire::standing::kind::takes_part;
    std::string reason; ///< why it is gone, or does not take part
};

/// What is known of one client.
struct client_row {
    master::client_id client = 0;
    std::optional<master::worker_id> worker; ///< empty while nobody hosts it
    std::uint64_t samples = 0;
    std::optional<std::uint32_t> round; ///< the last one that it took part in
    std::optional<double> loss;
    std::optional<double> accuracy;
    std::optional<double> seconds;
    std::string reason; ///< why it was dropped from that round
    std::vector<std::uint64_t> labels;
    std::optional<double> distance; ///< of its last update, as in master::updates_compared
    std::optional<double> cosine;
    std::optional<std::uint32_t> test_round; ///< the last one whose weights it tested, or should have
    master::clients_evaluated::one test;     ///< what it found
};

/// A worker that has just joined.
worker_row joined_worker(const master::worker_joined& who, double time);

/// The worker object of `docs/api.md`.
boost::json::object worker_json(const worker_row& row);
/// The client object of `docs/api.md`.
boost::json::object client_json(const client_row& row);
/// Counts by class, null if there are none.
boost::json::value labels_json(const std::vector<std::uint64_t>& labels);

} // namespace fedasio::dashboard
