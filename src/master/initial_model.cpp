#include "master/initial_model.hpp"

#include <fedasio/nn/memory.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/printable.hpp>

#include "master/run_failed.hpp"
#include <cmath>
#include <filesystem>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::master {

namespace {

/// Of a master in a round: the weights, the next ones, an update that arrives, the sums of updates and of the
/// strategy's channels or all updates of the cohort, what the strategy may keep, and one thread that
/// evaluates.
std::uint64_t bytes_of_a_round(const nn::network& network, const plan::plan& plan) {
    const bool adds = plan.strategy->takes() == method::intake::sum;
    const auto channels = plan.strategy->channels().size();
    const auto cohort =
        static_cast<std::uint64_t>(std::ceil(plan.fraction * plan.over_selection * plan.clients));
    const auto taken = adds ? (1 + channels) * sizeof(std::int64_t) : cohort * sizeof(float);
    const auto kept = plan.strategy->name() == "fedavg" ? 0U : 2U;
    const auto evaluated =
        plan::has_test_files(plan.source) ? nn::evaluation_bytes(network, 1) : std::uint64_t{0};
    return network.parameter_count() * ((3 + channels + kept) * sizeof(float) + taken) + evaluated;
}

} // namespace

initial_model make_arrays_model(nn::model_arrays arrays, net::payload values, const plan::plan& plan) {
    if (const auto problem = plan::problem_of_size(arrays.size(), *plan.strategy); !problem.empty()) {
        throw run_failed(problem);
    }
    auto state = make_model_state(*plan.strategy, std::move(values), {}, arrays.size() - arrays.shared());
    return {std::nullopt, std::move(arrays), std::move(state)};
}

initial_model make_own_model(nn::model_arrays arrays, net::payload values, const plan::plan& plan) {
    if (plan.private_arrays.empty() && arrays.shared() == arrays.size()) {
        return make_arrays_model(std::move(arrays), std::move(values), plan);
    }
    try {
        auto split = plan::with_private(arrays, plan.private_arrays);
        net::buffer ordered(values.size());
        plan::rearrange(arrays, values.floats(), split, ordered.floats());
        return make_arrays_model(std::move(split), net::payload(std::move(ordered)), plan);
    } catch (const std::invalid_argument& e) {
        throw run_failed(std::string("of the trainer's model: ") + e.what());
    }
}

initial_model read_arrays_model(const std::filesystem::path& path, const plan::plan& plan) {
    try {
        const auto file = store::read_safetensors(path);
        auto arrays = plan::with_private(plan::arrays_of(path, file), plan.private_arrays);
        net::buffer values(arrays.size() * sizeof(float));
        store::load_model(path, plan::layout_of(arrays), values.floats());
        return make_arrays_model(std::move(arrays), net::payload(std::move(values)), plan);
    } catch (const std::bad_alloc&) {
        throw run_failed("there is not enough memory for the arrays in " + path.string());
    } catch (const std::exception& e) {
        throw run_failed(std::string("of the plan's model.arrays: ") + e.what());
    }
}

initial_model make_initial_model(const plan::plan& plan, std::uint64_t memory_bytes,
                                 const std::function<bool()>& unwanted) {
    return plan.initial_arrays.empty() ? make_initial_model(plan.model, plan, memory_bytes, unwanted)
                                       : read_arrays_model(plan.initial_arrays, plan);
}

initial_model make_initial_model(const nn::model_spec& spec, const plan::plan& plan,
                                 std::uint64_t memory_bytes, const std::function<bool()>& unwanted) {
    std::optional<nn::network> network;
    try {
        network.emplace(spec);
    } catch (const std::invalid_argument& e) {
        throw run_failed(std::string("the plan's model cannot be built: ") + e.what());
    }
    const auto parameters = network->parameter_count();
    if (const auto problem = plan::problem_of_size(parameters, *plan.strategy); !problem.empty()) {
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
        auto state = make_model_state(*plan.strategy, net::payload(std::move(initial)));
        nn::model_arrays arrays(*network);
        return {std::move(network), std::move(arrays), std::move(state)};
    } catch (const std::bad_alloc&) {
        throw run_failed("there is not enough memory for " + model + ", which takes a master " +
                         text::size_text(needed));
    }
}

initial_model make_model_of_tables(const data::csv_schema& schema, const plan::plan& plan,
                                   std::uint64_t memory_bytes, const std::function<bool()>& unwanted) {
    auto spec = plan.model;
    spec.input = {1, 1, static_cast<std::uint32_t>(data::feature_count(schema))};
    return make_initial_model(spec, plan, memory_bytes, unwanted);
}

} // namespace fedasio::master
