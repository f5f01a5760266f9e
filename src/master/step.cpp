#include "master/step.hpp"

#include "master/layer_norms.hpp"
#include "master/pool_blocks.hpp"
#include "master/run_failed.hpp"
#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace fedasio::master {
namespace {

/// What a step makes of a round.
struct stepped {
    model_state model;
    std::vector<method::passed_over> passed_over;
    std::optional<updates_compared> compared;
    std::optional<layers_measured> layers;
};

/// Statistics are averaged plainly, whatever the strategy; a rule that looks at every update has its own way
/// for them too.
void average_statistics(const nn::model_arrays& arrays, const method::gathered_round& round,
                        std::span<float> next) {
    std::vector<double> mean(method::block_values);
    auto first = arrays.trained();
    while (round.sum != nullptr && first < arrays.counters()) {
        const method::block part{first, std::min(method::block_values, arrays.counters() - first)};
        const auto values = std::span(mean).first(part.size);
        round.sum->mean(part, values);
        std::ranges::transform(values, next.subspan(first).begin(),
                               [](double value) { return static_cast<float>(value); });
        first += part.size;
    }
}

} // namespace

net::awaitable<void> step(const setting& given, run_state& state, round_state& round) {
    state.progress.enter(phase::aggregating);
    auto job = [&, helpers = std::thread::hardware_concurrency()] {
        stepped result;
        auto kept = *state.model.state().strategy;
        const auto& arrays = state.model.arrays();
        const auto own = state.model.state().own.floats();
        net::buffer next(state.model.weights().size());
        const auto shared = next.floats().first(arrays.shared());
        auto gathered = round.intake->gathered(round.result.round, state.members.clients_total(given.plan));
        gathered.in_blocks = blocks_on(given.pool, helpers);
        result.passed_over = given.plan.strategy->step(gathered, kept, shared);
        average_statistics(arrays, gathered, shared);
        round.intake->take_counters(shared);
        std::ranges::copy(own, next.floats().last(own.size()).begin());
        const std::span<const float> after = next.floats(); // stay where they are,
        net::payload weights;                               // also when one of these runs out of memory
        const std::array<std::function<void()>, 3> looks_at_all{
            [&] {
                if (given.options.compare_updates) {
                    result.layers =
                        measure_layers(round.result.round, arrays, state.model.network() != nullptr,
                                       state.model.weights().floats(), after);
                }
            },
            [&] {
                result.compared = round.intake->compare(round.result.round, after.first(arrays.shared()));
            },
            [&] {
                weights = net::payload(std::move(next));
                result.model = make_model_state(*given.plan.strategy, weights, std::move(kept), own.size());
            },
        };
        do_all(gathered.in_blocks, looks_at_all);
        return result;
    };
    stepped result;
    try {
        result = co_await given.offload(std::move(job));
    } catch (const std::overflow_error& e) {
        throw run_failed("round " + std::to_string(round.result.round) + " would make weights of no use (" +
                         e.what() + "): lower strategy.server_learning_rate, strategy.server_momentum or " +
                         "local.optimizer.learning_rate. The global model is that of round " +
                         std::to_string(state.model.round()));
    }
    for (auto& [client, reason] : result.passed_over) {
        round.leave_out(given, client, "passed_over", std::move(reason));
    }
    if (result.compared && !result.compared->clients.empty()) {
        given.events.publish(*std::move(result.compared));
    }
    if (result.layers) {
        given.events.publish(*std::move(result.layers));
    }
    round.take_losses();
    state.model.advance(std::move(result.model), round.result.round);
}

net::awaitable<void> keep_states(const setting& given, client_memory& memory, const round_state& round,
                                 std::uint32_t safe_round) {
    if (memory.is_here()) {
        auto job = [&] {
            const auto& states = round.intake->states();
            std::string trouble;
            for (std::size_t i = 0; i < states.size(); ++i) {
                if (round.updates[i]) {
                    auto problem =
                        memory.keep(round.result.cohort[i], round.result.round, states[i], safe_round);
                    trouble = problem.empty() ? trouble : std::move(problem);
                }
            }
            return trouble;
        };
        const auto trouble = co_await given.offload(std::move(job));
        if (!trouble.empty()) {
            given.notice(noticed::severity::error, "what clients keep from round " +
                                                       std::to_string(round.result.round) +
                                                       " on is in memory only: " + trouble);
        }
    }
    memory.counted(round.result);
}

} // namespace fedasio::master
