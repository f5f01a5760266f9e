#pragma once

#include <fedasio/text/json_reader.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::wire {

/// One array of a client's state (method::client_state), as a meta lists it. The body holds the arrays one
/// after the other, little-endian float32.
struct state_array {
    std::string name;
    std::uint64_t floats = 0;

    friend bool operator==(const state_array&, const state_array&) = default;
};

/// The key `state` of `train`, `update` and `evaluate`: [["name", floats], ...], with rising names.
[[nodiscard]] boost::json::array to_json(const std::vector<state_array>& arrays);
/// Throws text::field_error. None if there is no field.
[[nodiscard]] std::vector<state_array> read_state(const std::optional<text::json_field>& field);

[[nodiscard]] std::uint64_t floats_of(const std::vector<state_array>& arrays);

/// How a state is listed; its arrays stand in the body in the same order.
[[nodiscard]] std::vector<state_array> list_of(const std::map<std::string, std::vector<float>>& state);
/// The other way round. Throws std::invalid_argument, for people, unless these are all floats that are
/// listed.
[[nodiscard]] std::map<std::string, std::vector<float>> state_of(const std::vector<state_array>& arrays,
                                                                 std::span<const float> floats);

} // namespace fedasio::wire
