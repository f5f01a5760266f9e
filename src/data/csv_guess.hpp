#pragma once

#include <fedasio/data/source_spec.hpp>

#include "csv_look.hpp"
#include "csv_number.hpp"
#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::data {

/// A value that decided how a column is read.
struct witness {
    std::uint64_t line = 0; ///< 0: there is none
    std::string value;
};

/// How many different values a column has, and how many of them are numbers.
struct distinct_texts {
    std::size_t all = 0;
    std::size_t numbers = 0;
};

/// What the values of one column look like, to guess its kind from, or to object to a guess.
class column_texts {
public:
    void add(std::uint64_t line, std::string_view field, const csv_number& number,
             const csv_notation& notation);

    /// Values that are no numbers.
    std::uint64_t others() const { return texts_ + not_finite_; }

    /// Every value is the one before and 1, over many rows.
    bool counts_up() const { return counts_up_ && numbers_ >= 10; }

    const witness& leading_zero() const { return leading_zero_; }

    /// Why this column is not to be guessed to be categorical, or numeric, and what to write; empty: nothing.
    std::string objection(const distinct_texts& distinct, const csv_notation& notation) const;
    /// Why these are hardly classes.
    std::string objection_to_label(const distinct_texts& distinct) const;

private:
    std::string number_objection(const csv_notation& notation, std::uint64_t number_like) const;

    std::uint64_t numbers_ = 0;
    std::uint64_t not_finite_ = 0;
    std::uint64_t texts_ = 0;
    std::uint64_t look_like_numbers_ = 0; ///< of the texts
    std::uint64_t moments_ = 0;
    std::uint64_t addresses_ = 0;
    notation_count notations_;
    std::string shape_; ///< of the first text
    bool one_shape_ = true;
    std::uint64_t fractions_ = 0; ///< of the numbers
    witness first_text_;
    witness first_number_like_;
    witness first_moment_;
    witness first_not_finite_;
    witness leading_zero_;
    double last_ = 0;
    bool counts_up_ = true;
};

/// Whether nearly all of so many values differ.
bool nearly_all_differ(std::size_t different, std::uint64_t values);

// What to say of a value.
std::string missing_label_text(std::string_view field);
std::string not_a_number_text(std::string_view field, const csv_number& number, const csv_notation& notation);
std::string free_text_text(std::string_view field);
std::string too_many_guessed_text(std::uint64_t values);
std::string too_many_text(bool is_label);

} // namespace fedasio::data
