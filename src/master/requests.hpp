#pragma once

#include <fedasio/wire/load.hpp>
#include <fedasio/wire/model.hpp>

#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <string>
#include <vector>

namespace fedasio::master {

/// The share of its samples that a client keeps for tests.
[[nodiscard]] double holdout_of(const plan::plan& plan);

/// What a worker is told to host these clients. `wants_labels`: how many samples of each class they have.
[[nodiscard]] wire::load load_request(const setting& given, const run_state& state,
                                      std::vector<client_id> clients, bool wants_labels);

/// What a worker is told to take part in any round. The model is there.
[[nodiscard]] wire::model model_request(const setting& given, const run_state& state);

/// Why this is no answer to a request to load `wanted`; empty: it is one. What need not be believed is taken
/// out of it: samples held out of which nobody asked for any, more classes than the model has.
/// `trainer_has_data`: how much is held out is for a trainer of one's own to say.
[[nodiscard]] std::string objection_to(wire::loaded& loaded, const std::vector<client_id>& wanted,
                                       double holdout, std::size_t classes, bool trainer_has_data);

} // namespace fedasio::master
