#pragma once

#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/text/json_field.hpp>

#include <boost/json/object.hpp>

#include <optional>

namespace fedasio::wire {

/// The object `metrics` of an update or an evaluation; none if there is no field. Throws text::field_error.
[[nodiscard]] plan::own_metrics read_metrics(const std::optional<text::json_field>& field);

/// As `metrics`, unless there are none.
void put(boost::json::object& into, const plan::own_metrics& metrics);

} // namespace fedasio::wire
