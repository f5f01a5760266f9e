#pragma once

#include <fedasio/nn/model_arrays.hpp>

#include <boost/json/array.hpp>

#include <string_view>

namespace fedasio::plan {

/// The arrays of a model in messages (docs/protocol.md, "Trainers"): `name`, `shape`, and `type` and `role`
/// where they are not "float32" and "trained". In the order of the flat span.
[[nodiscard]] boost::json::array to_json(const nn::model_arrays& what);

/// Throws text::field_error, which names the place. A role that is not said is nn::usual_role().
[[nodiscard]] nn::model_arrays arrays_from_json(const boost::json::value& json,
                                                std::string_view where = "arrays");

} // namespace fedasio::plan
