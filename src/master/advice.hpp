#pragma once

#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// What a plan and its data make probable not to be meant. Texts for people, empty if there is nothing to
/// say.
namespace fedasio::master {

/// `classes` that the data has; 0: not known.
[[nodiscard]] std::string advice_on_units(std::size_t classes, const nn::network& network);

/// A regression whose outputs cannot be what the labels are.
[[nodiscard]] std::string advice_on_outputs(const plan::plan& plan);

/// `samples` of each client that trains.
[[nodiscard]] std::string advice_on_steps(const plan::local_training& local,
                                          std::span<const std::uint64_t> samples);

} // namespace fedasio::master
