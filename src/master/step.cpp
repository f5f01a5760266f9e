#include <fedasio/net/offload.hpp>

#include <boost/json/object.hpp>

#include "master/client_memory.hpp"
#include "master/machine.hpp"
#include "master/pool_blocks.hpp"
#include "master/round_state.hpp"
#include "master/run_failed.hpp"
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace fedasio::master {
namespace {

/// What a step makes of a round.
struct stepped {
    model_state model;
    std::vector<method::passed_over> passed_over;
    std::optional<updates_compared> compared;
};

} // namespace

/// The strategy makes the next global weights of the updates, and may say whose it did not use.
net::awaitable<void> machine::step(round_state& round) {
    progress_.enter(phase::aggregating);
    auto job = [&, helpers = std::thread::hardware_concurrency()] {
        stepped result;
        auto state = *model_.state().strategy;
        net::buffer next(model_.weights().size());
        auto gathered = round.intake->gathered(round.result.round, members_.clients_total(setting_.plan));
        gathered.in_blocks = blocks_on(setting_.pool, helpers);
        result.passed_over = setting_.plan.strategy->step(gathered, state, next.floats());
        result.compared = round.intake->compare(round.result.round, next.floats());
        result.model =
            make_model_state(*setting_.plan.strategy, net::payload(std::move(next)), std::move(state));
        return result;
    };
    stepped result;
    try {
        result = co_await setting_.offload(std::move(job));
    } catch (const std::overflow_error& e) {
        throw run_failed("round " + std::to_string(round.result.round) + " would make weights of no use (" +
                         e.what() + "): lower strategy.server_learning_rate, strategy.server_momentum or " +
                         "local.optimizer.learning_rate. The global model is that of round " +
                         std::to_string(model_.round()));
    }
    for (auto& [client, reason] : result.passed_over) {
        leave_out(round, client, "passed_over", std::move(reason));
    }
    if (result.compared && !result.compared->clients.empty()) {
        setting_.events.publish(*std::move(result.compared));
    }
    take_losses(round);
    model_.advance(std::move(result.model), round.result.round);
}

/// The round counts: so does what clients made of their states in it.
net::awaitable<void> machine::keep_states(const round_state& round) {
    if (memory_.is_here()) {
        auto job = [&] {
            const auto& states = round.intake->states();
            std::string trouble;
            for (std::size_t i = 0; i < states.size(); ++i) {
                if (round.updates[i]) {
                    auto problem = memory_.keep(round.result.cohort[i], round.result.round, states[i],
                                                checkpoints_.safe_round());
                    trouble = problem.empty() ? trouble : std::move(problem);
                }
            }
            return trouble;
        };
        const auto trouble = co_await setting_.offload(std::move(job));
        if (!trouble.empty()) {
            setting_.notice(noticed::severity::error, "what clients keep from round " +
                                                          std::to_string(round.result.round) +
                                                          " on is in memory only: " + trouble);
        }
    }
    memory_.counted(round.result);
}

/// In the order of the clients, not of arrival: a sum of doubles depends on it.
void machine::take_losses(round_state& round) {
    double loss = 0;
    double hits = 0;
    double samples = 0;
    bool classification = true;
    for (const auto& update : round.updates) {
        if (update) {
            const auto weight = static_cast<double>(update->samples);
            loss += update->loss * weight;
            hits += update->accuracy.value_or(0) * weight;
            samples += weight;
            classification = classification && update->accuracy.has_value();
        }
    }
    if (samples > 0) {
        round.result.train_loss = loss / samples;
        round.result.train_accuracy = classification ? std::optional(hits / samples) : std::nullopt;
    }
}

/// As if the round had not come to its new weights.
void machine::take_back() {
    model_.take_back();
    memory_.take_back();
}

} // namespace fedasio::master
