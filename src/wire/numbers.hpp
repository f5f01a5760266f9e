#pragma once

#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/state.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

/// What several messages read and write alike.
namespace fedasio::wire {

inline constexpr text::interval any_real{-std::numeric_limits<double>::max(),
                                         std::numeric_limits<double>::max()};
inline constexpr text::interval not_negative{0, std::numeric_limits<double>::max()};
// Of losses or squared errors: more than any float32 outputs make of `plan::limits::samples`, and a million
// of these sums add up without overflow.
inline constexpr text::interval error_sum{0, 1e100};

/// An array of counts; none if there is no field.
[[nodiscard]] std::vector<std::uint64_t> read_counts(const std::optional<text::json_field>& field,
                                                     std::size_t most);

[[nodiscard]] std::optional<double> real_if(const std::optional<text::json_field>& field,
                                            const text::interval& range);
[[nodiscard]] std::uint32_t number32_or_0(const text::json_reader& in, std::string_view key);

// A key that says nothing is left out: its reader may be older than the key.
void put(boost::json::object& into, std::string_view key, const std::optional<double>& number);
void put(boost::json::object& into, std::string_view key, std::uint32_t number);
void put(boost::json::object& into, const std::vector<state_array>& state); ///< as `state`

} // namespace fedasio::wire
