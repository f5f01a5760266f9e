#pragma once

#include <fedasio/master/events.hpp>

#include "sim/oracle.hpp"
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fedasio::sim {

/// Reads the events of one master after the other, all of one run, and compares them with what was promised.
class checker {
public:
    /// Without an oracle the weights are not looked at. `everybody_counts`: the plan promises that no client
    /// is ever dropped.
    checker(oracle* truth, bool everybody_counts, double longest_round);

    /// A master starts; what the one before did and did not write down may be lost.
    void begin_master();
    void see(const master::event& happened);

    /// The disk damaged what was safe on it.
    void forgive_loss() { acknowledged_ = 0; }

    /// The disk damaged what rounds came to, but not the weights.
    void forgive_lost_rounds() { rounds_may_be_lost_ = true; }

    [[nodiscard]] std::optional<master::training_outcome> outcome() const noexcept { return outcome_; }

    [[nodiscard]] std::uint32_t round() const noexcept { return round_; }

    [[nodiscard]] std::uint32_t acknowledged() const noexcept { return acknowledged_; }

    /// The first promise that was not kept; empty: all were.
    [[nodiscard]] const std::string& broken() const noexcept { return broken_; }

    std::size_t rounds_done = 0;
    std::size_t resumed = 0;
    std::size_t drops = 0;

private:
    struct done_round {
        master::round_result result;
        model_ptr model;
    };

    /// Of a round whose test may be made again by a later process.
    struct trained_round {
        std::vector<std::uint32_t> cohort;
        std::set<std::uint32_t> updated;
        std::set<std::uint32_t> dropped;
    };

    void see_what(const master::run_resumed& what);
    void see_what(const master::phase_entered& what);
    void see_what(const master::worker_assigned& what);
    void see_what(const master::round_started& what);
    void see_what(const master::client_updated& what);
    void see_what(const master::client_dropped& what);
    void see_what(const master::round_finished& what);
    void see_what(const master::checkpoint_written& what);
    void see_what(const master::training_finished& what);

    void recall_round(std::uint32_t round);
    void require(bool kept, const std::string& promise);

    template <class Other>
    void see_what(const Other&) {}

    oracle* truth_;
    bool everybody_counts_;
    double longest_round_; ///< seconds from its beginning to its new weights
    double round_began_ = 0;
    master::phase phase_ = master::phase::waiting;
    double now_ = 0;
    std::map<std::uint32_t, done_round> rounds_; ///< of the run as it went on, oldest first
    std::uint32_t round_ = 0;                    ///< the last finished one
    std::uint32_t acknowledged_ = 0;
    std::vector<std::uint32_t> cohort_;
    std::set<std::uint32_t> updated_;
    std::set<std::uint32_t> dropped_;
    std::map<std::uint32_t, trained_round> trained_; ///< that were there when their process ended
    std::set<std::uint32_t> hosted_;                 ///< at any time since the master started
    std::uint64_t last_seq_ = 0;
    bool rounds_may_be_lost_ = false;
    std::optional<master::training_outcome> outcome_;
    std::string broken_;
};

} // namespace fedasio::sim
