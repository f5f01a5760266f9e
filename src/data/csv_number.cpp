#include "csv_number.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace fedasio::data {

csv_number parse_number(std::string_view field) {
    // from_chars does not take a plus sign.
    if (field.starts_with('+') && !field.substr(1).starts_with('-')) {
        field.remove_prefix(1);
    }
    double value = 0;
    const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (failure == std::errc::invalid_argument || end != field.data() + field.size()) {
        return {csv_number::kind::text, 0};
    }
    if (failure != std::errc{} || !(std::abs(value) <= std::numeric_limits<float>::max())) {
        return {csv_number::kind::not_finite, 0};
    }
    return {csv_number::kind::finite, value};
}

} // namespace fedasio::data
