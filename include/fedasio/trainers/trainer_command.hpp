#pragma once

#include <fedasio/net/clock.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace fedasio::trainers {

/// A trainer of one's own, or an evaluator: a process that is asked over a socket pair, in the frames of
/// docs/protocol.md
/// ("Trainers").
struct trainer_command {
    /// Finds the number of its descriptor in this environment variable.
    static constexpr const char* variable = "FEDASIO_TRAINER_FD";

    std::string command;           ///< a command line for /bin/sh; started anew when it has ended
    std::optional<int> descriptor; ///< instead: of a trainer that runs already. The worker ends with it
    /// From its start, or the end of one before it, to its hello.
    net::clock::duration patience_for_hello = std::chrono::minutes(2);
    /// For each answer about data, model and weights; a training has as long as the master gives it.
    net::clock::duration patience = std::chrono::minutes(10);
    /// From a cancel to the answer that ends what was asked for, and from SIGTERM to SIGKILL.
    net::clock::duration grace = std::chrono::seconds(10);
    /// Between two starts of one that does nothing useful: doubled each time.
    net::clock::duration first_pause = std::chrono::milliseconds(200);
    net::clock::duration longest_pause = std::chrono::seconds(30);
};

} // namespace fedasio::trainers
