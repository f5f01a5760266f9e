#pragma once

#include <fedasio/federation/plan.hpp>
#include <fedasio/federation/strategy.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/nn/network.hpp>

namespace fedasio::master {

/// What a run begins with.
struct initial_model {
    nn::network network;
    net::payload weights;
    federation::server_optimizer optimizer;
};

/// The weights depend on the plan's seed alone. Takes seconds for a large model. Throws run_failed for a
/// model that cannot be built, or for which there is not enough memory.
[[nodiscard]] initial_model make_initial_model(const nn::model_spec& spec, const federation::plan& plan);

} // namespace fedasio::master
