#include "csv_guess.hpp"

#include <fedasio/data/csv.hpp>

#include "csv_look.hpp"
#include "file_text.hpp"
#include <cmath>

namespace fedasio::data {

namespace {

constexpr std::uint64_t fewest_that_differ = 8;
constexpr std::size_t most_classes_of_fractions = 20;
constexpr std::size_t most_of_one_shape = 20;

void remember(witness& first, std::uint64_t line, std::string_view value) {
    if (first.line == 0) {
        first = {line, std::string(value.substr(0, 200))};
    }
}

std::string shown(const witness& one) {
    return in_quotes(one.value) + " in line " + std::to_string(one.line);
}

std::string share(std::uint64_t part, std::uint64_t all) {
    return std::to_string(part) + " of " + std::to_string(all);
}

bool has_leading_zero(std::string_view field) {
    return field.size() > 1 && field[0] == '0' &&
           field.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

bool nearly_all_differ(std::size_t different, std::uint64_t values) {
    return (values >= fewest_that_differ && 10 * different >= 9 * values) || 2 * different > values + 10;
}

void column_texts::add(std::uint64_t line, std::string_view field, const csv_number& number,
                       const csv_notation& notation) {
    switch (number.type) {
    case csv_number::kind::finite:
        counts_up_ = counts_up_ && (numbers_ == 0 || number.value == last_ + 1);
        last_ = number.value;
        ++numbers_;
        fractions_ += number.value != std::trunc(number.value) ? 1 : 0;
        if (has_leading_zero(field)) {
            remember(leading_zero_, line, field);
        }
        return;
    case csv_number::kind::not_finite:
        ++not_finite_;
        remember(first_not_finite_, line, field);
        return;
    case csv_number::kind::text:
        break;
    }
    ++texts_;
    switch (look_of(field, notation)) {
    case text_look::number:
        ++look_like_numbers_;
        notations_.add(field);
        remember(first_number_like_, line, field);
        break;
    case text_look::moment:
        ++moments_;
        remember(first_moment_, line, field);
        break;
    case text_look::address:
        ++addresses_;
        break;
    case text_look::plain:
        break;
    }
    if (one_shape_) {
        const std::string shape = shape_of_text(field.substr(0, longest_guessed_category));
        one_shape_ = shape.find('9') != std::string::npos && (texts_ == 1 || shape == shape_);
        shape_ = shape;
    }
    remember(first_text_, line, field);
}

std::string column_texts::number_objection(const csv_notation& notation, std::uint64_t number_like) const {
    const std::uint64_t values = numbers_ + others();
    if (texts_ == 0) {
        return ": " + shown(first_not_finite_) +
               " is not a finite number that fits a float; correct it, add it to \"missing\" in data.source, "
               "or declare "
               "the column categorical or ignored";
    }
    if (numbers_ + not_finite_ == 0) {
        return ": its texts look like numbers in another notation (" + shown(first_number_like_) + "); " +
               notations_.remedy(first_number_like_.value, notation) +
               ", or declare the column categorical or ignored";
    }
    std::string text = ": " + share(numbers_, values) + " values are numbers, but not " + shown(first_text_);
    const std::string remedy = notations_.remedy(first_text_.value, notation);
    text += "; ";
    // It is written as a plan would have it, so nothing that JSON escapes.
    const std::string word = in_quotes(first_text_.value);
    const bool is_plain = word.find_first_of("\"\\?") == std::string::npos;
    text += remedy.empty()
                ? "if it stands for a missing value add it to \"missing\" in data.source (\"missing\": "
                  "[\"NA\", \"" +
                      (is_plain ? word.substr(1, word.size() - 2) : "...") + "\"])"
                : remedy;
    if (number_like != 0 && remedy.empty()) {
        const std::string other = notations_.remedy(first_number_like_.value, notation);
        text += other.empty() ? "" : "; " + other;
    }
    return text + "; else correct it, or declare the column categorical or ignored";
}

std::string column_texts::objection(const distinct_texts& distinct, const csv_notation& notation) const {
    const std::uint64_t values = numbers_ + others();
    const std::uint64_t numbers = numbers_ + not_finite_;
    if (others() == 0) {
        return {};
    }
    if (2 * (numbers + look_like_numbers_) >= values ||
        (numbers != 0 && 2 * distinct.numbers >= distinct.all)) {
        return number_objection(notation, look_like_numbers_);
    }
    if (2 * moments_ >= values) {
        return ": its texts are dates or times (" + shown(first_moment_) +
               "), which are no categories; declare it ignored, or put a number in its place, such as days "
               "since some "
               "day (or declare it categorical if it is meant so)";
    }
    const bool are_identifiers = one_shape_ && numbers == 0 && distinct.all > most_of_one_shape;
    if (nearly_all_differ(distinct.all, values) || are_identifiers || 2 * addresses_ >= values) {
        return ": its " + std::to_string(values) + " texts have " + std::to_string(distinct.all) +
               " different values, so they look like names, identifiers or free text (" + shown(first_text_) +
               "); declare it ignored, or categorical if it is meant so";
    }
    return {};
}

std::string column_texts::objection_to_label(const distinct_texts& distinct) const {
    const std::uint64_t values = numbers_ + others();
    const bool are_numbers = 10 * numbers_ >= 9 * values;
    const bool differ = nearly_all_differ(distinct.all, values);
    const std::string counted = ": the label has " + std::to_string(distinct.all) + " different values in " +
                                std::to_string(values) + " rows";
    if (are_numbers && (differ || (2 * fractions_ >= numbers_ && distinct.all > most_classes_of_fractions))) {
        return counted +
               ", and they are numbers: did you mean a regression? Write \"loss\": \"mean_squared_error\" "
               "in model, with a last layer {\"type\": \"dense\", \"units\": 1}; or declare the label "
               "categorical if they are classes";
    }
    if (differ) {
        return counted +
               ", so they look like names or free text, not like classes; name another column as `label`, "
               "or declare this one categorical if it is meant so";
    }
    return {};
}

std::string missing_label_text(std::string_view field) {
    const std::string what =
        field.empty() ? "the label is missing"
                      : "the label is missing (" + in_quotes(field) + " stands for a missing value)";
    return what +
           "; fill it in, remove the row, or write \"unlabelled\": \"skip\" in data.source to leave such "
           "rows "
           "out" +
           (field.empty() ? ""
                          : "; if it is a class, take it from \"missing\", or list the label's categories");
}

std::string not_a_number_text(std::string_view field, const csv_number& number,
                              const csv_notation& notation) {
    if (number.type == csv_number::kind::not_finite) {
        return in_quotes(field) +
               " is not a finite number that fits a float; correct it, leave the field empty, or "
               "declare the column categorical or ignored";
    }
    const std::string remedy = notation_remedy(field, notation);
    return in_quotes(field) + " is not a number; " +
           (remedy.empty() ? "correct it, add it to \"missing\" in data.source if the value is missing"
                           : remedy + ", correct it") +
           ", or declare the column categorical or ignored";
}

std::string free_text_text(std::string_view field) {
    return in_quotes(field) + " has " + std::to_string(field.size()) +
           " bytes and looks like free text; declare the column ignored, or categorical if it is meant so";
}

std::string too_many_guessed_text(std::uint64_t values) {
    return "among its " + std::to_string(values) + " texts are more than " +
           std::to_string(most_guessed_categories) +
           " different ones, so they look like names, identifiers or free text; declare it ignored, or "
           "categorical "
           "if it is meant so";
}

std::string too_many_text(bool is_label) {
    const std::string limit = std::to_string(most_categories);
    return is_label ? "the label has more than " + limit +
                          " classes; if it is a number to predict, choose a regression loss"
                    : "with this column there are more than " + limit + " categories; declare it ignored";
}

} // namespace fedasio::data
