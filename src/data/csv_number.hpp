#pragma once

#include <string_view>

namespace fedasio::data {

struct csv_number {
    enum class kind {
        text,       ///< not a number
        not_finite, ///< nan, inf, or beyond the range of a float
        finite,
    };

    kind type = kind::text;
    double value = 0; ///< finite only
};

/// Reads a whole field as a decimal number; independent of the locale.
csv_number parse_number(std::string_view field);

} // namespace fedasio::data
