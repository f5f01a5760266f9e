#pragma once

#include <fedasio/master/events.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fedasio::dashboard {

/// What the events of past rounds come to, kept where the events themselves are too many: with 1,000 workers
/// those that a board keeps are of two rounds. Of each round how all workers' time was spent, of each worker
/// what it costs a round, and what rounds did to the arrays of the model. Folded from events; knows no clock.
/// All is bounded, by the workers that are here and by the model's arrays. Not thread-safe.
class round_summaries {
public:
    void fold(const master::event& happened);

    /// As in `rounds/summary` of docs/api.md.
    [[nodiscard]] std::string text() const;

    /// Workers whose time is counted: those that are here, and those that have worked in the open round.
    [[nodiscard]] std::size_t followed() const noexcept { return lanes_.size(); }

private:
    struct folding;

    /// What a worker does, as people see it.
    enum class doing : std::uint8_t { loading, training, moving, waiting };
    using seconds = std::array<double, 4>; ///< by `doing`

    struct lane {
        doing now = doing::waiting;
        double since = 0;
        bool is_gone = false;
        seconds in_round{};
        seconds until_answered{};               ///< of `in_round`, before the last update was in
        std::optional<double> last_worked = {}; ///< before that: receiving, training or sending
    };

    struct open_round {
        std::uint32_t round = 0;
        double from = 0;
        bool is_answered = false;
        seconds spent{}; ///< of workers that went without having worked in it
    };

    /// Of one worker in one round, in seconds: from the round's start until it was done, what of that, and by
    /// how much the round would have been shorter without it.
    struct worker_round {
        std::uint32_t number = 0; ///< as `closed_` counts
        float until = 0;
        float loading = 0;
        float computing = 0;
        float moving = 0;
        float saves = 0;
    };

    struct share {
        std::uint32_t round = 0;
        double from = 0;
        double to = 0;
        seconds spent{}; ///< of all workers together
        std::size_t late = 0;
    };

    /// The last round of an earlier process, and what was changed in it.
    struct resumption {
        std::uint32_t round = 0;
        std::vector<master::plan_changed> changes = {};
    };

    void forget_run();
    void open(std::uint32_t round, double time);
    void become(lane& worker, doing next, double time);
    void pass(lane& worker, double time) const;
    void leave(master::worker_id id, double time);
    void answered(double time);
    void close(std::uint32_t round, double time);
    void remember(std::vector<std::pair<master::worker_id, worker_round>> all);
    [[nodiscard]] std::size_t count_late() const;

    std::unordered_map<master::worker_id, lane> lanes_;
    std::optional<open_round> open_;
    std::uint32_t closed_ = 0;                                      ///< rounds
    std::map<master::worker_id, std::vector<worker_round>> latest_; ///< rounds of each, none empty
    std::deque<float> lengths_;                                     ///< of the latest rounds
    std::deque<share> shares_;
    std::deque<master::layers_measured> layers_;
    std::string run_;
    std::optional<resumption> resumed_;
};

} // namespace fedasio::dashboard
