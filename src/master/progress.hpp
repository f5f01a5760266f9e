#pragma once

#include <fedasio/master/orders.hpp>
#include <fedasio/master/phase_clock.hpp>

#include "master/global_model.hpp"
#include "master/setting.hpp"
#include <cstdint>

namespace fedasio::master {

/// Where a run stands, and what people ask of it: its phase, the round under way, and until when this may
/// take.
class progress {
public:
    progress(const setting& given, const global_model& model)
        : setting_(given), model_(model), phases_(given.rt.time, given.events) {}

    /// For the setting's plan, which is new.
    void begin_anew();

    /// Another phase, of the round that is under way or, between rounds, of the last one that is finished.
    void enter(phase next) { phases_.enter(next, is_in_round(next) ? running_round_ : model_.round()); }

    [[nodiscard]] phase now() const noexcept { return phases_.now(); }

    /// By phase, since it was asked last.
    phase_seconds take_seconds() { return phases_.take_seconds(); }

    /// A training of some rounds begins; none of its cohorts is chosen.
    void begin_training();
    /// The round after the model's is open, and so are the terms for it.
    void begin_round();
    /// That of the model is open once more, for its test.
    void reopen_round();

    /// It has a cohort.
    void begin_cohort() noexcept { has_cohort_ = true; }

    void end_round() noexcept { in_round_ = false; }

    /// The round that is open, or was last.
    [[nodiscard]] std::uint32_t running_round() const noexcept { return running_round_; }

    [[nodiscard]] bool is_in_open_round() const noexcept { return in_round_; }

    /// Some round of the training has had a cohort.
    [[nodiscard]] bool has_cohort() const noexcept { return has_cohort_; }

    /// Some worker could use its data in this training.
    [[nodiscard]] bool has_loaded() const noexcept { return has_loaded_; }

    void note_loaded() noexcept { has_loaded_ = true; }

    /// For people's commands.
    [[nodiscard]] round_place place() const;

    /// What a step that begins now has, by the terms of the round.
    [[nodiscard]] net::clock::time_point deadline() const { return setting_.rt.time.now() + patience(); }

    [[nodiscard]] net::clock::duration patience() const;

    /// True unless something is wrong with this class.
    [[nodiscard]] bool invariants() const;

    orders asked;

private:
    const setting& setting_;
    const global_model& model_;
    phase_clock phases_;
    std::uint32_t running_round_ = 0;
    bool in_round_ = false;
    bool has_loaded_ = false;
    bool has_cohort_ = false;
};

} // namespace fedasio::master
