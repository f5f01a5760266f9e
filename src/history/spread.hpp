#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>

namespace fedasio::history {

/// How what clients found of a round's model is spread, as in `spreads` of docs/api.md: of their accuracies,
/// or of the errors (RMSE) of a regression. Empty where fewer than two clients have a result. `clients` are
/// those of the report.
[[nodiscard]] std::optional<boost::json::object> spread_of(std::uint32_t round,
                                                           const boost::json::array& clients);

} // namespace fedasio::history
