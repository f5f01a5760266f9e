#pragma once

#include <fedasio/nn/model_arrays.hpp>

#include <cstddef>
#include <string>

namespace fedasio::nn {

/// Where a value of the flat span of these arrays is, for people: "'head.weight'[2, 0]", and of an array of
/// one number "'scale'". Empty beyond the end.
[[nodiscard]] std::string place_of(const model_arrays& arrays, std::size_t value);

} // namespace fedasio::nn
