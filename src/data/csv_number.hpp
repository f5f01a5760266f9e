#pragma once

#include <fedasio/data/source_spec.hpp>

#include <string>
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

/// Reads a whole field as a decimal number in this notation; independent of the locale.
csv_number parse_number(std::string_view field, const csv_notation& notation);

/// One spelling for all ways to write a number: "01", "1.0" and "+1" are "1". Other texts stay as they are.
std::string canonical_number(std::string_view field, const csv_notation& notation);

} // namespace fedasio::data
