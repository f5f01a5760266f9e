#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/store/client_states.hpp>
#include <fedasio/wire/state.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::master {

/// A client's state on its way to a worker.
struct sent_state {
    std::uint32_t round = 0; ///< the client's last round that counted; 0: none
    std::vector<wire::state_array> listed;
    net::payload body;
};

/// What clients keep from one of their rounds to the next, for strategies that let them: after which round it
/// is theirs, and, where the data is shared and any worker may host a client, the states themselves. Where
/// owners keep their data, their workers keep the states.
class client_memory {
public:
    /// Nobody keeps anything.
    client_memory() = default;

    /// `states`: of who keeps them here; null: workers do.
    client_memory(std::string run, std::shared_ptr<store::client_states> states)
        : is_needed_(true), run_(std::move(run)), states_(std::move(states)) {}

    [[nodiscard]] bool is_needed() const noexcept { return is_needed_; }

    /// Updates bring the new states.
    [[nodiscard]] bool is_here() const noexcept { return states_ != nullptr; }

    /// The client's last round that counted; 0: none.
    [[nodiscard]] std::uint32_t round_of(client_id client) const;

    /// By client, its last round that counted: a part of the checkpoint.
    [[nodiscard]] const std::map<client_id, std::uint32_t>& rounds() const noexcept { return rounds_; }

    void recall(std::map<client_id, std::uint32_t> rounds) { rounds_ = std::move(rounds); }

    void counted(const round_result& round);

    [[nodiscard]] const std::string& run() const noexcept { return run_; }

    /// Another run of the same clients.
    void use_run(std::string run) { run_ = std::move(run); }

    /// What a client goes on from. On the pool. Throws std::exception if it is lost.
    [[nodiscard]] sent_state find(client_id client, std::uint32_t round) const;
    /// Keeps what came of a round; what is older than `safe_round` needs may go. On the pool, one call at a
    /// time. Why it is not on disk, and goes with this process; empty: it is.
    std::string keep(client_id client, std::uint32_t round, store::client_arrays state,
                     std::uint32_t safe_round);
    /// Puts on disk what could not be put there before: a checkpoint speaks of it. On the pool, likewise.
    /// Throws std::exception if it cannot be now either.
    void write_unwritten();

private:
    bool is_needed_ = false;
    std::string run_;
    std::shared_ptr<store::client_states> states_;
    std::map<client_id, std::pair<std::uint32_t, store::client_arrays>> unwritten_; ///< with their rounds
    std::map<client_id, std::uint32_t> rounds_;
};

} // namespace fedasio::master
