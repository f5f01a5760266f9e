#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace fedasio::method {

/// Why an update was not taken into a round.
struct rejection {
    enum class kind {
        wrong_size,    ///< not as many values as there are parameters
        not_finite,    ///< a NaN or an infinity
        out_of_bound,  ///< a value whose magnitude is over the bound
        no_weight,     ///< weight 0: there is nothing to average
        weight_too_big ///< the total weight would be over the maximum
    };

    kind reason;
    std::string detail; ///< one line that names the offending value and its place
    /// Of the offending value in the weights, or in a channel, which has a value for each of them. None if no
    /// value is to blame.
    std::optional<std::size_t> place = {};
};

} // namespace fedasio::method
