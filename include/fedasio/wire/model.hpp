#pragma once

#include <fedasio/method/strategy.hpp>
#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/nn/model_spec.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace fedasio::wire {

/// The model and how to train it.
struct model {
    std::uint64_t seed = 0;
    std::optional<nn::model_spec> network; ///< none: the model is the trainer's own, of these `arrays`
    std::optional<nn::model_arrays> arrays = std::nullopt;
    plan::local_training local;
    std::uint64_t parameters = 0;
    /// Only one with a client half; null: clients train from the weights and send what comes out.
    std::shared_ptr<const method::strategy> strategy = nullptr;
    /// Where there is such a strategy, or some of the arrays stay at the client: the clients' states come and
    /// go with requests and updates.
    bool master_keeps_state = false;
    std::string run = {}; ///< 16 hex digits: states of another run are no good here

    /// Clients keep something from one round to the next.
    [[nodiscard]] bool keeps_states() const {
        return strategy != nullptr || (!network && arrays && arrays->shared() < arrays->size());
    }
};

[[nodiscard]] boost::json::object to_meta(const model& what);
[[nodiscard]] model read_model(const boost::json::object& meta);

} // namespace fedasio::wire
