#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/nn/model_arrays.hpp>

#include <span>

namespace fedasio::master {

/// What a round made of each trained array: `before` and `after` are the weights of the whole model. Of a
/// model with more than `most_measured_arrays` the first ones. `ends_in_units`: kernels end with the
/// dimension of their units or filters, as ours do; of others units are not known.
[[nodiscard]] layers_measured measure_layers(std::uint32_t round, const nn::model_arrays& arrays,
                                             bool ends_in_units, std::span<const float> before,
                                             std::span<const float> after);

inline constexpr std::size_t most_measured_arrays = 200;

} // namespace fedasio::master
