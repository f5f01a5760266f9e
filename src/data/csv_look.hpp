#pragma once

#include <fedasio/data/source_spec.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::data {

/// What a text looks like that is no number in the plan's notation.
enum class text_look {
    plain,
    number,  ///< in another notation, with a currency, a percent sign or a unit
    moment,  ///< a date or a time
    address, ///< of electronic mail
};

text_look look_of(std::string_view text, const csv_notation& notation);

/// Which notations read how many of the texts of a column.
class notation_count {
public:
    void add(std::string_view text);

    /// What to write so that texts such as this one, and as many others as can be, are read as numbers; empty
    /// if they do not look like any.
    std::string remedy(std::string_view text, const csv_notation& planned) const;

private:
    std::array<std::uint64_t, 8> read_{}; ///< by notation
};

/// The same for a single text.
std::string notation_remedy(std::string_view text, const csv_notation& notation);

/// The text with a 9 in place of each run of digits: identifiers are often all of one shape.
std::string shape_of_text(std::string_view text);

} // namespace fedasio::data
