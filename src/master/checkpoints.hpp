#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/run_record.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace fedasio::master {

/// Which run this is, and what of it is safe on disk.
class checkpoints {
public:
    checkpoints(const setting& given, run_state& state) : setting_(given), state_(state) {}

    /// Another run, of the setting's plan. Nothing of it is safe yet.
    void begin_anew();

    /// By which name the run is known everywhere.
    [[nodiscard]] const std::string& run() const noexcept { return record_.run(); }

    /// The last round that is safe; 0: none.
    [[nodiscard]] std::uint32_t safe_round() const noexcept { return safe_round_; }

    /// A round has its weights, and is still to be tested: a process that goes on from the next checkpoint
    /// does that first.
    void begin_test(const round_result& made) { record_.untested = made; }

    /// The round that is; empty: none.
    [[nodiscard]] const std::optional<round_result>& untested() const noexcept { return record_.untested; }

    /// People know how far the round came without its test, which is left to the next process.
    void leave_test(const std::string& why) { record_.untested->test_problem = why; }

    /// No process goes on from an earlier round than this: that of the oldest checkpoint that is kept, for
    /// the newer ones may be damaged; where none are written, the model's.
    [[nodiscard]] std::uint32_t earliest_round() const;

    /// For the next checkpoint.
    void add(const round_result& finished);

    void add(const plan_changed& change) { record_.add(change); }

    void note_tested(clients_evaluated tested) { record_.tested = std::move(tested); }

    /// Makes the state safe as it is now. What cannot be written is told.
    net::awaitable<void> write();
    /// Why the model's weights would be lost with this process; empty if they are on disk, or nobody wants
    /// them there.
    [[nodiscard]] std::string unsafe() const;

    /// What was found and said since the last checkpoint is worth another one at the end.
    [[nodiscard]] bool lacks_lines() const { return safe_round_ > 0 && record_.journal.has_unwritten(); }

    /// Goes on from the latest checkpoint of the plan: the state is as it was then. What is to be told of the
    /// run then; empty if there is none to go on from, which has been told. Its rounds may be many, and are
    /// read on the pool.
    net::awaitable<std::optional<run_resumed>> restore();
    /// Of a run that is not resumed: tells that its checkpoints will replace those of another one.
    net::awaitable<void> warn_of_others();

    /// What must always hold and does not; empty: all does.
    [[nodiscard]] std::string broken_invariant() const;

private:
    struct found_checkpoint;

    [[nodiscard]] found_checkpoint find() const;
    run_resumed take_up(kept_run kept, model_state model);
    [[nodiscard]] bool is_told() const;
    void take_orders_up(std::vector<plan_changed>& made);

    const setting& setting_;
    run_state& state_;
    run_record record_;
    std::uint32_t safe_round_ = 0;
    std::size_t own_ = 0;            ///< that this process wrote of the run
    std::deque<std::uint32_t> kept_; ///< their rounds, the latest ones
    std::string problem_;            ///< of the last attempt to write one
};

} // namespace fedasio::master
