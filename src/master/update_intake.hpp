#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/method/rejection.hpp>
#include <fedasio/method/round_sum.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/method/update_sketch.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::master {

/// What all updates of a round have in common.
struct intake_terms {
    std::shared_ptr<const method::strategy> strategy;
    method::local_training local;
    net::payload base;                       ///< the global weights of the round
    std::vector<net::payload> channels;      ///< what went with them
    std::vector<client_id> cohort;           ///< ascending
    std::vector<std::uint64_t> samples;      ///< of each
    std::optional<std::uint32_t> norm_bound; ///< intake::sum only
    bool compares = false;                   ///< sketches are wanted
    std::size_t untrained = 0;               ///< so many of the last values are statistics and counters
    std::size_t counters = 0;                ///< so many of the last values are counters
    /// What people read of an update that is no good: where a value is, and what may help.
    std::optional<nn::model_arrays> arrays = {};
    std::string remedy = {};
};

/// A round's updates on their way in: each is checked, measured and, as the strategy takes them, added up or
/// kept, on the pool; its buffer is released at once unless the strategy needs every update. Small ones that
/// come at about the same time are one job there. Lives on the runtime's thread. Must be held by a
/// shared_ptr.
class update_intake : public std::enable_shared_from_this<update_intake> {
public:
    update_intake(net::runtime& rt, boost::asio::any_io_executor pool, intake_terms terms);

    /// The update of the client at this place of the cohort. `judged` is told whether it counts.
    void take(std::size_t place, const wire::update& said, net::payload body, net::verdict judged);

    /// Updates that count so far.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    [[nodiscard]] bool counts(std::size_t place) const { return reports_[place].has_value(); }

    /// Leaves out what is out of proportion. On the pool, once, when all have come.
    std::vector<method::round_sum::left_out> settle();
    /// These are not in the round after all. On the runtime's thread.
    void forget(client_id client);

    /// For the strategy's step; refers to this.
    [[nodiscard]] method::gathered_round gathered(std::uint32_t round, std::uint32_t clients) const;
    /// The largest counters of the updates that count, and of the weights that the round began with.
    void take_counters(std::span<float> next) const;
    /// How the updates differ from each other, given the step that was made of them; nothing unless sketches
    /// were wanted. On the pool.
    [[nodiscard]] std::optional<updates_compared> compare(std::uint32_t round,
                                                          std::span<const float> next) const;

    /// What clients want kept until their next round, by place; empty if nothing.
    [[nodiscard]] const std::vector<method::client_state>& states() const noexcept { return states_; }

private:
    struct outcome {
        std::string objection;
        method::client_report report;
        method::client_state state;
        std::vector<float> counters;
    };

    /// One that came.
    struct arrival {
        std::size_t place = 0;
        wire::update said;
        net::payload body;
        net::verdict judged;
        outcome result = {};
    };

    using job = std::vector<arrival>;

    struct job_queue {
        std::deque<std::shared_ptr<job>> waiting;
        bool starts_soon = false;
        unsigned running = 0;
    };

    [[nodiscard]] static bool is_full(const job& which);
    void start_jobs();
    void work(job& which);
    [[nodiscard]] std::optional<method::checked_update> examine(arrival& one);
    void add(std::span<arrival> from, std::span<const std::optional<method::checked_update>> updates);
    [[nodiscard]] method::addend addend_of(const arrival& one) const;
    [[nodiscard]] std::string objection_to(const method::rejection& what) const;
    static void object(std::span<arrival> to, const std::exception_ptr& failure);
    void take_over(job& done);

    net::runtime& rt_;
    boost::asio::any_io_executor pool_;
    intake_terms terms_;
    method::update_check check_;
    std::optional<method::round_sum> sum_; ///< intake::sum
    method::block_runner in_blocks_;       ///< of large updates
    std::vector<double> allowances_;
    job_queue jobs_;
    std::size_t count_ = 0;
    // One a client of the cohort; empty until its update counts.
    std::vector<std::optional<method::client_report>> reports_;
    net::buffer sketches_;             ///< an update_sketch each, if they are wanted
    std::vector<net::payload> bodies_; ///< intake::all
    std::vector<method::client_state> states_;
    std::vector<std::vector<float>> counters_;
};

} // namespace fedasio::master
