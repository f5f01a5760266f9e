#pragma once

#include <fedasio/data/source_spec.hpp>
#include <fedasio/nn/model_spec.hpp>
#include <fedasio/nn/optimizer_spec.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/field_error.hpp>

#include <boost/json/fwd.hpp>

#include <memory>
#include <string_view>

namespace fedasio::plan {

/// The parts of a plan as JSON, in the plan's own form (docs/plan.md), for messages to workers. to_json()
/// writes every key with its value. The readers are as strict as parse_plan(), since a message is no more to
/// be trusted than a file: they throw text::field_error, and `where` is how it names the value that was
/// passed in. No number, name or count that they let through is unbounded.
///
/// A float is written as the shortest decimal that gives the same float, and comes back bit for bit.
[[nodiscard]] boost::json::object to_json(const nn::model_spec& what);
[[nodiscard]] boost::json::object to_json(const nn::optimizer_spec& what);
[[nodiscard]] boost::json::object to_json(const local_training& what);
[[nodiscard]] boost::json::object to_json(const data::source_spec& what);
[[nodiscard]] boost::json::object to_json(const data::partition_spec& what);
[[nodiscard]] boost::json::object to_json(const method::strategy& what);

/// A missing `input`, or "auto", gives {1, 1, 0}. Whether the layers fit together is for nn::network to say.
[[nodiscard]] nn::model_spec model_from_json(const boost::json::value& json,
                                             std::string_view where = "model");
[[nodiscard]] nn::optimizer_spec optimizer_from_json(const boost::json::value& json,
                                                     std::string_view where = "optimizer");
[[nodiscard]] local_training local_training_from_json(const boost::json::value& json,
                                                      std::string_view where = "local");
[[nodiscard]] data::source_spec source_from_json(const boost::json::value& json,
                                                 std::string_view where = "source");
[[nodiscard]] data::partition_spec partition_from_json(const boost::json::value& json,
                                                       std::string_view where = "partition");
[[nodiscard]] std::shared_ptr<const method::strategy> strategy_from_json(const boost::json::value& json,
                                                                         std::string_view where = "strategy");

} // namespace fedasio::plan
