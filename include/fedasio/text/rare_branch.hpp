#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fedasio::text {

/// Branches that few runs come to. Each says so, and the simulator (tests/sim) fails if no seed does: a
/// promise about what nothing ever comes to is not tested.
enum class rare_branch : std::size_t {
    deadline_below_quorum,  ///< a round goes on with less than it needs, since its deadline has passed
    quorum_before_all,      ///< a round needs no more, and lets others go
    client_moved,           ///< whose worker is lost trains at another one
    owner_back,             ///< an owner that was lost while it trained comes back in time
    load_cut_short,         ///< loading inside a step ends with the step
    round_without_update,   ///< no update came that counts
    round_given_up,         ///< somebody wants the end in the middle of a round
    paused_while_ending,    ///< a pause comes when a training is writing its end down
    paused_between_rounds,  ///< a training waits for its resume
    test_left_to_next,      ///< a process ends before its last round is tested
    test_made_up_for,       ///< a process tests the round of an earlier one
    evaluation_moved,       ///< whose worker is lost while it tests does so elsewhere
    checkpoint_unwritten,   ///< the disk does not take one
    checkpoint_passed_over, ///< the newest one is damaged, and an older one counts
    journal_damaged,        ///< the rounds of a run cannot be told any more, its weights can
    newcomer_proved,        ///< a worker has loaded beside the rounds
    worker_left_out,        ///< it could not load
    state_moved,            ///< a client that keeps something goes on at another worker
    update_sent_again,      ///< a worker has the update of an earlier request, and does not train again
};

/// In the order of the branches.
inline constexpr std::array<std::string_view, 19> rare_branch_names{
    "deadline_below_quorum", "quorum_before_all",      "client_moved",     "owner_back",
    "load_cut_short",        "round_without_update",   "round_given_up",   "paused_while_ending",
    "paused_between_rounds", "test_left_to_next",      "test_made_up_for", "evaluation_moved",
    "checkpoint_unwritten",  "checkpoint_passed_over", "journal_damaged",  "newcomer_proved",
    "worker_left_out",

    "state_moved",           "update_sent_again"};

using rare_branch_counts = std::array<std::uint64_t, rare_branch_names.size()>;

/// Who counts; null: nobody, as in the programs. One thread at a time does.
inline std::atomic<rare_branch_counts*> rare_branch_counter = nullptr;

inline void passes(rare_branch which) {
    if (auto* const counts = rare_branch_counter.load(std::memory_order_relaxed)) {
        ++(*counts)[static_cast<std::size_t>(which)];
    }
}

} // namespace fedasio::text
