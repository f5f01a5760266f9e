#include <fedasio/master/model_state.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::master {

net::payload to_payload(std::span<const float> values) {
    net::buffer copy(values.size_bytes());
    std::ranges::copy(values, copy.floats().begin());
    return net::payload(std::move(copy));
}

model_state make_model_state(const method::strategy& strategy, net::payload weights,
                             method::server_state state, std::size_t own) {
    model_state made;
    made.shared = weights;
    if (own > 0) {
        const auto all = weights.floats();
        made.shared = to_payload(all.first(all.size() - own));
        made.own = to_payload(all.last(own));
    }
    const auto values = made.shared.floats();
    for (const auto& name : strategy.channels()) {
        const auto found = state.find(name);
        made.channels.push_back(
            to_payload(found == state.end() ? std::vector<float>(values.size()) : found->second));
    }
    made.sent = made.shared;
    if (!made.channels.empty()) {
        net::buffer all(values.size_bytes() * (1 + made.channels.size()));
        auto place = std::ranges::copy(values, all.floats().begin()).out;
        for (const auto& channel : made.channels) {
            place = std::ranges::copy(channel.floats(), place).out;
        }
        made.sent = net::payload(std::move(all));
    }
    made.weights = std::move(weights);
    made.strategy = std::make_shared<const method::server_state>(std::move(state));
    return made;
}

} // namespace fedasio::master
