#include "master/initial_model.hpp"

#include <fedasio/nn/memory.hpp>
#include <fedasio/text/printable.hpp>

#include "master/run_failed.hpp"
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::master {

namespace {

/// Of a master in a round: the weights, the next ones, their mean, the sums, an update that arrives, what the
/// strategy keeps, and one thread that evaluates.
std::uint64_t bytes_of_a_round(const nn::network& network, const plan::plan& plan) {
    const std::uint64_t kept = plan.strategy.type == method::strategy_spec::kind::fedavg ? 0 : 1;
    const auto evaluated =
        plan::has_test_files(plan.source) ? nn::evaluation_bytes(network, 1) : std::uint64_t{0};
    return network.parameter_count() * (4 * sizeof(float) + sizeof(std::int64_t) + kept * sizeof(float)) +
           evaluated;
}

} // namespace

initial_model make_initial_model(const nn::model_spec& spec, const plan::plan& plan,
                                 std::uint64_t memory_bytes, const std::function<bool()>& unwanted) {
    std::optional<nn::network> network;
    try {
        network.emplace(spec);
    } catch (const std::invalid_argument& e) {
        throw run_failed(std::string("the plan's model cannot be built: ") + e.what());
    }
    const auto parameters = network->parameter_count();
    if (const auto problem = plan::problem_of_size(parameters); !problem.empty()) {
        throw run_failed(problem);
    }
    const auto needed = bytes_of_a_round(*network, plan);
    const auto model = "a model of " + std::to_string(parameters) + " parameters";
    if (memory_bytes != 0 && needed > memory_bytes) {
        throw run_failed(model + " takes a master " + text::size_text(needed) +
                         " of memory, and this machine gives a process " + text::size_text(memory_bytes) +
                         ": correct units or filters in the plan's model, or use a larger machine");
    }
    try {
        net::buffer initial(parameters * sizeof(float));
        if (!network->initialise(initial.floats(), plan.seed, unwanted)) {
            throw run_failed(model + " was being made when it was given up");
        }
        return {*std::move(network), net::payload(std::move(initial)),
                method::server_optimizer(plan.strategy, parameters)};
    } catch (const std::bad_alloc&) {
        throw run_failed("there is not enough memory for " + model + ", which takes a master " +
                         text::size_text(needed));
    }
}

} // namespace fedasio::master
