#include "csv_look.hpp"

#include "csv_number.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include <algorithm>
#include <array>

namespace fedasio::data {

namespace {

// In the order in which they are tried: the first that reads a text is what most people would mean by it.
struct separators {
    char decimal;
    char thousands;
};

constexpr std::array<separators, 8> notations{
    {{'.', '\0'}, {',', '\0'}, {'.', ','}, {',', '.'}, {',', ' '}, {'.', ' '}, {'.', '\''}, {'.', '_'}}};

constexpr std::array<std::string_view, 10> signs{"$",   "%",   "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5",
                                                 "EUR", "USD", "GBP",          "CHF",      "\xe2\x80\xb0"};
constexpr std::array<std::string_view, 22> units{"mg",
                                                 "kg",
                                                 "g",
                                                 "ml",
                                                 "l",
                                                 "cm",
                                                 "mm",
                                                 "m",
                                                 "km",
                                                 "ms",
                                                 "s",
                                                 "min",
                                                 "h",
                                                 "d",
                                                 "y",
                                                 "yr",
                                                 "yrs",
                                                 "k",
                                                 "px",
                                                 "pt",
                                                 "mmHg",
                                                 "\xc2\xb0"
                                                 "C"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_number(std::string_view text, char decimal, char thousands) {
    csv_notation notation;
    notation.decimal = decimal;
    notation.thousands = thousands;
    return parse_number(text, notation).type == csv_number::kind::finite;
}

bool is_in_some_notation(std::string_view text) {
    return std::ranges::any_of(
        notations, [&](const separators& one) { return is_number(text, one.decimal, one.thousands); });
}

/// The text without its sign or unit, which goes to `sign`.
std::string_view without_sign(std::string_view text, std::string_view& sign) {
    for (const std::string_view one : signs) {
        if (text.starts_with(one) || text.ends_with(one)) {
            sign = one;
            text = text.starts_with(one) ? text.substr(one.size()) : text.substr(0, text.size() - one.size());
            return trimmed(text);
        }
    }
    const std::size_t digits = text.find_last_of("0123456789") + 1;
    const std::string_view unit = trimmed(text.substr(digits));
    const bool apart = digits < text.size() && text[digits] == ' ' && unit.size() <= 8 &&
                       unit.find(' ') == std::string_view::npos;
    if (digits != 0 && !unit.empty() && (apart || std::ranges::find(units, unit) != units.end())) {
        sign = unit;
        return text.substr(0, digits);
    }
    return text;
}

bool is_hexadecimal(std::string_view text) {
    return (text.starts_with("0x") || text.starts_with("0X")) && text.size() > 2 &&
           text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

/// Its digits as 9, so that a shape can be compared: "2024-01-31" is "9999-99-99".
std::string shape_of(std::string_view text) {
    std::string shape(text.substr(0, 10));
    std::ranges::replace_if(shape, is_digit, '9');
    return shape;
}

bool is_moment(std::string_view text) {
    if (text.size() < 4 || text.size() > 40 || !is_digit(text.front())) {
        return false;
    }
    constexpr std::array<std::string_view, 12> dates{"9999-99-99", "9999/99/99", "9999.99.99", "99-99-9999",
                                                     "99/99/9999", "99.99.9999", "9/99/9999",  "99/9/9999",
                                                     "9/9/9999",   "9.9.9999",   "99.9.9999",  "9.99.9999"};
    constexpr std::array<std::string_view, 9> whole{"9999-99",  "99:99:99", "99:99",    "9:99",   "9:99:99",
                                                    "99.99.99", "99/99/99", "99-99-99", "9999/99"};
    const std::string shape = shape_of(text);
    const bool whole_shape = text.size() <= 10 && std::ranges::find(whole, shape) != whole.end();
    return whole_shape || std::ranges::any_of(dates, [&](std::string_view date) {
               return shape.starts_with(date) && (text.size() == date.size() || !is_digit(text[date.size()]));
           });
}

/// "3 March 2024", "Jan 5"
bool names_a_month(std::string_view text) {
    constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
    constexpr std::size_t longest = 40;
    if (text.size() > longest || std::ranges::none_of(text, is_digit)) {
        return false;
    }
    const std::string lower = lower_case(text);
    std::size_t begin = 0;
    while ((begin = lower.find_first_of("abcdefghijklmnopqrstuvwxyz", begin)) != std::string::npos) {
        const auto end = std::min(lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz", begin), lower.size());
        const auto word = std::string_view(lower).substr(begin, end - begin);
        if (std::ranges::any_of(months, [&](std::string_view month) {
                return word == month || word == month.substr(0, 3);
            })) {
            return true;
        }
        begin = end;
    }
    return false;
}

std::string quoted_key(char separator) {
    return "\"" + std::string(1, separator) + "\"";
}

std::string keys_of(const separators& notation, const csv_notation& planned) {
    std::string keys;
    if (notation.decimal != planned.decimal) {
        keys = "\"decimal\": " + quoted_key(notation.decimal);
    }
    if (notation.thousands != planned.thousands) {
        keys += keys.empty() ? "" : ", ";
        keys += "\"thousands\": " + (notation.thousands == '\0' ? "\"\"" : quoted_key(notation.thousands));
    }
    return keys;
}

} // namespace

text_look look_of(std::string_view text, const csv_notation& notation) {
    text = trimmed(text);
    if (is_moment(text) || names_a_month(text)) {
        return text_look::moment;
    }
    const auto at = text.find('@');
    if (at != std::string_view::npos && at != 0 && text.find('.', at) != std::string_view::npos &&
        text.find(' ') == std::string_view::npos) {
        return text_look::address;
    }
    std::string_view sign;
    const std::string_view number = without_sign(text, sign);
    const bool reads = is_in_some_notation(number) || is_number(number, notation.decimal, notation.thousands);
    return reads || is_hexadecimal(text) ? text_look::number : text_look::plain;
}

void notation_count::add(std::string_view text) {
    std::string_view sign;
    const std::string_view number = without_sign(trimmed(text), sign);
    for (std::size_t i = 0; i < notations.size(); ++i) {
        read_[i] += is_number(number, notations[i].decimal, notations[i].thousands) ? 1 : 0;
    }
}

std::string notation_count::remedy(std::string_view text, const csv_notation& planned) const {
    text = trimmed(text);
    if (text.starts_with('<') || text.starts_with('>')) {
        return "a limit such as " + in_quotes(text) + " is no number: write a value for it in the table";
    }
    constexpr std::string_view minus = "\xe2\x88\x92";
    constexpr std::string_view dash = "\xe2\x80\x93";
    if ((text.starts_with(minus) || text.starts_with(dash)) &&
        is_in_some_notation(text.substr(minus.size()))) {
        return "write the minus of " + in_quotes(text) + " as '-' in the table";
    }
    if (text.starts_with('(') && text.ends_with(')') &&
        is_in_some_notation(text.substr(1, text.size() - 2))) {
        return "write negative numbers such as " + in_quotes(text) + " with a '-' in the table";
    }
    if (is_hexadecimal(text)) {
        return "write hexadecimal numbers as decimal ones";
    }
    std::string_view sign;
    const std::string_view number = without_sign(text, sign);
    if (!sign.empty() && is_in_some_notation(number)) {
        return "take the " + in_quotes(sign) + " out of the table, so that the numbers stand alone";
    }
    const auto most = std::ranges::max_element(read_);
    const separators& meant = notations[static_cast<std::size_t>(most - read_.begin())];
    const std::string keys = *most == 0 ? std::string() : keys_of(meant, planned);
    if (keys.empty() || !is_number(number, meant.decimal, meant.thousands)) {
        return {};
    }
    std::string remedy = "write " + keys + " in data.source if it is meant as a number";
    if (meant.decimal == ',' && is_number(number, '.', ',')) {
        remedy += " (or \"thousands\": \",\" if " + in_quotes(number) + " is a whole number)";
    }
    return remedy;
}

std::string notation_remedy(std::string_view text, const csv_notation& notation) {
    notation_count alone;
    alone.add(text);
    return alone.remedy(text, notation);
}

std::string shape_of_text(std::string_view text) {
    std::string shape;
    for (const char c : text) {
        if (!is_digit(c)) {
            shape += c;
        } else if (!shape.ends_with('9')) {
            shape += '9';
        }
    }
    return shape;
}

} // namespace fedasio::data
