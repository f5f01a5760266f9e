#include <fedasio/method/local_training.hpp>
#include <fedasio/nn/schedule.hpp>

#include <algorithm>
#include <limits>

namespace fedasio::method {

local_training local_training::in_round(std::uint32_t round) const {
    auto local = *this;
    if (optimizer.schedule.type != nn::schedule::kind::constant) {
        const auto rate = static_cast<double>(optimizer.learning_rate);
        const auto scaled = static_cast<float>(rate * nn::factor(optimizer.schedule, round));
        // An optimiser has no rate of 0, to which a schedule may come: the least one moves nothing.
        local.optimizer.learning_rate = std::max(scaled, std::numeric_limits<float>::min());
    }
    return local;
}

} // namespace fedasio::method
