#pragma once

#include <fedasio/method/strategy.hpp>
#include <fedasio/net/buffer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace fedasio::master {

/// The global model between two rounds. Copies share what they hold.
struct model_state {
    net::payload weights; ///< of all arrays; of those that stay at clients the initial values
    net::payload shared;  ///< those of them that travel
    net::payload own;     ///< the others: what a client has of them in its first round; empty: there are none
    std::shared_ptr<const method::server_state> strategy; ///< what the strategy keeps
    std::vector<net::payload> channels; ///< what clients get besides the weights, for the strategy
    net::payload sent; ///< shared ones and channels, one after the other, as clients get them
};

/// All of it, given these two. The last `own` floats of the weights stay at clients. Copies the weights if
/// there are any such, or channels: on the pool.
[[nodiscard]] model_state make_model_state(const method::strategy& strategy, net::payload weights,
                                           method::server_state state = {}, std::size_t own = 0);

[[nodiscard]] net::payload to_payload(std::span<const float> values);

} // namespace fedasio::master
