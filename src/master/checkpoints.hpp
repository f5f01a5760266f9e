#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/run_record.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <cstddef>
#include <cstdint>
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

    /// For the next checkpoint.
    void add(const round_result& finished) { record_.add(finished); }

    void add(const plan_changed& change) { record_.add(change); }

    void note_tested(clients_evaluated tested) { record_.tested = std::move(tested); }

    /// Makes the state safe as it is now. What cannot be written is told.
    net::awaitable<void> write();
    /// Why the model's weights would be lost with this process; empty if they are on disk, or nobody wants
    /// them there.
    [[nodiscard]] std::string unsafe() const;

    /// Goes on from the latest checkpoint of the plan: the state is as it was then. What is to be told of the
    /// run then; empty if there is none to go on from, which has been told.
    std::optional<run_resumed> restore();

private:
    [[nodiscard]] std::optional<kept_run> read_record(const std::string& history, std::uint32_t round) const;
    void take_orders_up(std::vector<plan_changed>& made);

    const setting& setting_;
    run_state& state_;
    run_record record_;
    std::uint32_t safe_round_ = 0;
    std::size_t own_ = 0; ///< that this process wrote of the run
    std::string problem_; ///< of the last attempt to write one
};

} // namespace fedasio::master
