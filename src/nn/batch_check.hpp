#pragma once

#include <fedasio/nn/batch.hpp>
#include <fedasio/nn/network.hpp>

#include <cstddef>
#include <span>

namespace fedasio::nn {

/// Throws std::invalid_argument unless there are parameter_count() weights.
void check_weights(const network& model, std::span<const float> weights);

/// Throws std::invalid_argument unless the features are those of `samples` samples.
void check_features(const network& model, std::span<const float> features, std::size_t samples);

/// Throws std::invalid_argument unless the targets are those of `samples` samples, fit the loss, and every
/// class number is in [0, outputs).
void check_targets(const network& model, const targets& expected, std::size_t samples);

} // namespace fedasio::nn
