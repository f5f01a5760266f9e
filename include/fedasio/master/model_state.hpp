#pragma once

#include <fedasio/method/strategy.hpp>
#include <fedasio/net/buffer.hpp>

#include <memory>
#include <span>
#include <vector>

namespace fedasio::master {

/// The global model between two rounds. Copies share what they hold.
struct model_state {
    net::payload weights;
    std::shared_ptr<const method::server_state> strategy; ///< what the strategy keeps
    std::vector<net::payload> channels; ///< what clients get besides the weights, for the strategy
    net::payload sent;                  ///< weights and channels, one after the other, as clients get them
};

/// All of it, given these two. Copies the weights if there are channels: on the pool.
[[nodiscard]] model_state make_model_state(const method::strategy& strategy, net::payload weights,
                                           method::server_state state = {});

[[nodiscard]] net::payload to_payload(std::span<const float> values);

} // namespace fedasio::master
