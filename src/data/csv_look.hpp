#pragma once

#include <fedasio/data/source_spec.hpp>

#include <string>
#include <string_view>

namespace fedasio::data {

/// What a text looks like that is no number in the plan's notation.
enum class text_look {
    plain,
    number, ///< in another notation, with a currency, a percent sign or a unit
    moment, ///< a date or a time
};

text_look look_of(std::string_view text, const csv_notation& notation);

/// What to write so that this text is read as a number; empty if it does not look like one.
std::string notation_remedy(std::string_view text, const csv_notation& notation);

} // namespace fedasio::data
