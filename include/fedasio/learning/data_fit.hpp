#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/nn/network.hpp>

#include <string>

namespace fedasio::learning {

/// Why these samples cannot go through this network, with the remedy; empty if they can. An image must have
/// the network's height, width and channels; only a network with a flat input takes images of any shape, and
/// only the row of a table may be an image.
[[nodiscard]] std::string problem_of_fit(const data::dataset& samples, const nn::network& network);

} // namespace fedasio::learning
