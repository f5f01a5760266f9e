#pragma once

#include <fedasio/master/test_tally.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/trainers/log.hpp>
#include <fedasio/trainers/trainer_command.hpp>
#include <fedasio/wire/evaluate.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "trainers/process.hpp"
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fedasio::master {

/// The process of the user's own that tests the global model, if the master was given one. It is told of
/// model and weights as a trainer is, and has its data by itself. Lives on the run's runtime.
class evaluator {
public:
    explicit evaluator(const setting& given);
    evaluator(const evaluator&) = delete;
    evaluator& operator=(const evaluator&) = delete;
    ~evaluator();

    /// There is one, and the plan leaves the test to it: it names no test files.
    [[nodiscard]] bool is_asked() const;

    /// For the setting's plan, which is new.
    void begin_anew() {
        model_.reset();
        tests_ = {};
    }

    /// The rounds of an earlier process.
    void recall(std::span<const round_result> rounds) { tests_.recall(rounds); }

    /// A round is over.
    void note(const round_result& result) { tests_.take(result); }

    /// Why none of its tests of this run worked, in words that end a sentence; empty if one did, there was
    /// none, or it is not asked.
    [[nodiscard]] std::string untested() const { return is_asked() ? tests_.problem() : std::string(); }

    /// So that what is wrong with its program is told before the first round.
    void start();

    /// What it finds of the present weights. Whose process is lost meanwhile is asked once more, anew. One
    /// that has no answer at `until` is told that nobody needs it any more, and ended if it goes on. Throws
    /// `cancelled`, and std::exception with a sentence.
    net::awaitable<wire::evaluation> test(const run_state& state, std::uint32_t round,
                                          net::clock::time_point until);

    /// Ends the process, which is told why.
    net::awaitable<void> end();

private:
    struct question;

    net::awaitable<void> ask(question& what);
    void give_up(question& what, net::clock::duration patience);

    const setting& setting_;
    trainers::trainer_command how_;
    trainers::log_handler log_;
    std::unique_ptr<trainers::trainer_process> process_; ///< null: the master was given none
    trainers::process_basis::meta model_;                ///< what it is told of the model
    test_tally tests_;
    net::nursery starting_;
};

} // namespace fedasio::master
