#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/reconnect.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/store/client_states.hpp>
#include <fedasio/trainers/log.hpp>
#include <fedasio/trainers/trainer_command.hpp>
#include <fedasio/wire/measurements.hpp>
#include <fedasio/worker/sample_cache.hpp>
#include <fedasio/worker/trainer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fedasio::worker {

/// What a worker knows when it starts; model, data source and training come from the master.
struct worker_options {
    std::string name;
    std::uint32_t clients = 0; ///< hosts at most so many; 0: as many as the master gives
    std::uint32_t threads = 1; ///< clients that train at the same time
    std::optional<std::filesystem::path> data;
    /// Workers of one process that share it keep the same samples once.
    std::shared_ptr<sample_cache> samples = std::make_shared<sample_cache>();
    /// What clients keep from one round to the next, by strategies that let workers keep it.
    std::shared_ptr<store::client_states> states = std::make_shared<store::client_states>();
    bool states_are_durable = false; ///< `states` outlive the process; else this is said when it matters
    /// Makes what trains; called on the pool, for each thread that trains.
    std::function<std::unique_ptr<trainer>(std::shared_ptr<const training_setup>)> make_trainer =
        make_builtin_trainer;
    /// Processes of the user's own train instead, one for each of `threads`, and have the data.
    std::optional<trainers::trainer_command> trainer;
    /// Takes what these print, line by line, and how they end; empty: the worker's own log does.
    trainers::log_handler trainer_log = {};
    /// Updates of a round are kept until the next, so that a master that comes back gets them again without
    /// another training; 0: none.
    std::size_t keep_bytes = std::size_t{64} << 20;
    /// What this machine lets a process have: a model that needs more is refused. 0: not known.
    std::uint64_t memory_bytes = 0;
    bool tell_labels = true; ///< how many samples of each class a client has, when the master asks
    net::backoff retry;      ///< for finding a master that is away
    net::connection_options connection;
    net::clock::duration measure_every = std::chrono::seconds(1);
    /// CPU use in percent of a core since the last call, and memory in bytes. Empty: not reported.
    std::function<wire::measurements()> measure;
};

/// How a worker's life ended.
struct ending {
    bool done = false;  ///< the master said that the run is over, or the worker was asked to stop
    std::string reason; ///< a sentence for people
};

using trainers::log_handler;
using trainers::severity;

/// Connects, serves, and connects again when the master goes away, until the master says that the run is
/// over, the master refuses this worker, the master stays away for `retry.give_up`, or the caller is
/// cancelled. What was loaded is kept from one connection to the next. Heavy work runs on `pool`, everything
/// else on the runtime's thread.
net::awaitable<ending> run(net::runtime& rt, boost::asio::any_io_executor pool, net::dialer dial,
                           worker_options options, log_handler log);

} // namespace fedasio::worker
