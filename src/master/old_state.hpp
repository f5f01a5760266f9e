#pragma once

#include <fedasio/method/strategy.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace fedasio::master {

/// Before what strategies keep had names, it was fedavgm's momentum, and pointed the other way.
inline method::server_state with_names(method::server_state state) {
    if (auto old = state.extract("strategy_state"); !old.empty()) {
        std::ranges::transform(old.mapped(), old.mapped().begin(), std::negate());
        state["momentum"] = std::move(old.mapped());
    }
    return state;
}

} // namespace fedasio::master
