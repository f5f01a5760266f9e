#include "master/initial_model.hpp"

#include "master/run_failed.hpp"
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::master {

initial_model make_initial_model(const nn::model_spec& spec, const federation::plan& plan) {
    std::optional<nn::network> network;
    try {
        network.emplace(spec);
    } catch (const std::invalid_argument& e) {
        throw run_failed(std::string("the plan's model cannot be built: ") + e.what());
    }
    const auto parameters = network->parameter_count();
    try {
        net::buffer initial(parameters * sizeof(float));
        network->initialise(initial.floats(), plan.seed);
        return {*std::move(network), net::payload(std::move(initial)),
                federation::server_optimizer(plan.strategy, parameters)};
    } catch (const std::bad_alloc&) {
        throw run_failed("there is not enough memory for a model of " + std::to_string(parameters) +
                         " parameters");
    }
}

} // namespace fedasio::master
