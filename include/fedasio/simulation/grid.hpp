#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Plans that differ in some of their values: which values, and every combination of them.
namespace fedasio::simulation {

/// A value at a place in a plan. Places are keys joined by dots, an array's items by number from 0:
/// `local.optimizer.learning_rate`, `model.layers.1.units`.
struct setting {
    std::string path;
    boost::json::value value;

    friend bool operator==(const setting&, const setting&) = default;
};

/// The values that one place takes in turn.
struct axis {
    std::string path;
    std::vector<boost::json::value> values;
};

/// Reads `PATH=VALUE`. A value is JSON; a string may stand without its quotes if it begins with a letter,
/// `/`, `.` or `_`, and is neither true, false nor null. Throws std::invalid_argument that says what to
/// write.
[[nodiscard]] setting parse_setting(std::string_view text);

/// Reads `PATH=VALUE,VALUE,...`, values as above; commas inside brackets and quotes do not divide.
[[nodiscard]] axis parse_axis(std::string_view text);

/// Every combination of one value from each axis, the last axis changing fastest; one empty combination
/// without axes. Throws std::invalid_argument if two axes have the same path, an axis has no value, or there
/// would be more than 100,000.
[[nodiscard]] std::vector<std::vector<setting>> combinations(std::span<const axis> axes);

/// Reads seeds and ranges of seeds, both ends included: `1-3,7` is 1, 2, 3, 7. Throws std::invalid_argument
/// if a seed comes twice, a range is empty, or there would be more than 100,000.
[[nodiscard]] std::vector<std::uint64_t> parse_seeds(std::string_view text);

/// The value at a place in a plan's JSON; empty if there is none.
[[nodiscard]] std::optional<boost::json::value> value_at(const boost::json::value& plan,
                                                         std::string_view path);

/// Puts a value into a plan's JSON as if it had been written there; missing objects on the way are made.
/// Whether the key means anything is for plan::plan_from_json to say. Throws text::field_error,
/// beginning with `file_name`, where the path leads through something that is no object and no array, or
/// beyond an array's end.
void apply(const setting& what, boost::json::value& plan, const std::string& file_name);

} // namespace fedasio::simulation
