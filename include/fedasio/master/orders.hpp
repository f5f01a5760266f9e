#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/terms.hpp>
#include <fedasio/plan/plan.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace fedasio::master {

/// What people want of the training under way. Each counts more than the one before and does not go back to
/// it, but for a pause.
enum class intent { go_on, pause, stop, stop_now };

/// Where a run stands when something is asked of it.
struct round_place {
    std::uint32_t finished = 0;             ///< the last round that is
    std::optional<std::uint32_t> open = {}; ///< the one that has begun
    bool is_waiting = false;                ///< for workers: there is nothing whose end could be awaited

    /// The round that is open, or else the next.
    [[nodiscard]] std::uint32_t present() const { return open.value_or(finished + 1); }

    /// The round that has not begun.
    [[nodiscard]] std::uint32_t next() const { return open ? *open + 1 : finished + 1; }
};

/// What people ask of a run by `train`, `change`, `pause`, `resume` and `stop`, and what counts therefore. It
/// decides, and does nothing: who owns it cancels, wakes and publishes. Not thread-safe.
///
/// A training is ordered, goes on, and ends; its end takes a while (models are written), in which the next
/// one may be ordered already.
class orders {
public:
    orders() = default;
    /// Nothing was asked yet, so the plan counts.
    explicit orders(const plan::plan& plan);

    [[nodiscard]] terms in_force() const { return terms_in_force(planned_, changed_, ordered_); }

    /// As an event, and as a line of the journal; deadline and fraction count from `round` on.
    [[nodiscard]] plan_changed told(std::uint32_t round, std::string loaded = {}) const;

    /// The terms stay for the round that begins, whatever is changed in it.
    void begin_round() { of_round_ = in_force(); }

    /// Of the last round that began.
    [[nodiscard]] const terms& of_round() const noexcept { return of_round_; }

    [[nodiscard]] intent wanted() const noexcept { return wanted_; }

    [[nodiscard]] bool is_stopping() const noexcept { return wanted_ >= intent::stop; }

    [[nodiscard]] bool is_training() const noexcept { return now_ == course::training; }

    /// A training is under way, or about to be, or its end is being written down.
    [[nodiscard]] bool is_busy() const noexcept { return now_ != course::rest || is_ordered_; }

    // Commands. What is refused changes nothing.

    /// `missing`: the workers without whom none can begin; empty: all are here.
    command_answer train(const command& what, const round_place& at, const std::string& missing);
    command_answer change(const command& what, const round_place& at);
    command_answer pause();
    command_answer resume();
    command_answer stop(bool now, const round_place& at);
    /// Why no training can be begun now, nor anything be done that a training forbids; empty if it can.
    [[nodiscard]] std::string objection_to_begin() const;

    // The course of a training.

    /// One as the terms are now, as `--autostart` and `start` want it.
    void order_as_planned() noexcept { is_ordered_ = true; }

    /// The training that was ordered; the order is none any more.
    void begin_training() noexcept;
    /// What is left is to write its end down. `is_last`: the process ends with it, so no more is begun.
    void end_training(bool is_last) noexcept;

    /// The end is written down.
    void rest() noexcept { now_ = course::rest; }

    /// The process ends: no more is begun.
    void close() noexcept { now_ = course::over; }

    [[nodiscard]] bool is_closed() const noexcept { return now_ == course::over; }

    // What survives.

    [[nodiscard]] kept_orders kept() const { return {planned_, changed_, ordered_}; }

    /// What was asked of an earlier process counts on, unless the plan says something else than it did then,
    /// or it was carried out by `finished`, the last round that is. True if an order counts on.
    bool take_up(const kept_orders& kept, std::uint32_t finished);

    /// The round after which what reaches the goal of a training counts.
    [[nodiscard]] std::uint32_t counts_after() const { return ordered_ ? ordered_->after : 0; }

    /// What a person asked for has had no round yet.
    [[nodiscard]] bool is_new_order(std::uint32_t finished) const {
        return ordered_ && ordered_->after == finished;
    }

private:
    enum class course { rest, training, ending, over };

    [[nodiscard]] std::string objection_to(const command& change, const round_place& at) const;

    terms planned_;
    std::string no_accuracy_; ///< why there is none that could be a target; empty: there is one
    changed_terms changed_;
    std::optional<ordered_terms> ordered_;
    terms of_round_;
    intent wanted_ = intent::go_on;
    course now_ = course::rest;
    bool is_ordered_ = false; ///< a training is to begin when there is none
};

} // namespace fedasio::master
