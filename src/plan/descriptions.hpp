#pragma once

#include <fedasio/data/source_spec.hpp>
#include <fedasio/method/local_training.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/nn/optimizer_spec.hpp>
#include <fedasio/nn/schedule.hpp>
#include <fedasio/text/keys.hpp>

#include <memory>

/// The keys of a plan's objects, each described once: readers, canonical form, schema and the tables of
/// docs/plan.md come from here. They refer to what they are given, which must outlive them.
namespace fedasio::plan {

[[nodiscard]] text::kinds kinds_of(nn::schedule& what);
[[nodiscard]] text::kinds kinds_of(nn::optimizer_spec& what);
[[nodiscard]] text::description keys_of(method::local_training& what);
[[nodiscard]] text::kinds kinds_of(data::partition_spec& what);
[[nodiscard]] text::kinds kinds_of(std::unique_ptr<method::strategy>& what);

} // namespace fedasio::plan
