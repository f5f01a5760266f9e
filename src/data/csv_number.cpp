#include "csv_number.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace fedasio::data {

namespace {

constexpr std::size_t longest_number = 400;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The bytes of a separator at the start of `text`: as it is in the plan, or as typesetters write it.
std::size_t separator_bytes(std::string_view text, char thousands) {
    if (text.starts_with(thousands)) {
        return 1;
    }
    if (thousands == ' ') {
        return text.starts_with("\xc2\xa0")                                           ? 2
               : text.starts_with("\xe2\x80\xaf") || text.starts_with("\xe2\x80\x89") ? 3
                                                                                      : 0;
    }
    return thousands == '\'' && text.starts_with("\xe2\x80\x99") ? 3 : 0;
}

/// The number as from_chars takes it; empty if its groups are not of three digits.
std::string plain_form(std::string_view field, const csv_notation& notation) {
    std::string plain;
    std::size_t group = 0;
    bool grouped = false;
    bool whole_part = true;
    while (!field.empty()) {
        const char c = field.front();
        const auto separator =
            whole_part && notation.thousands != '\0' ? separator_bytes(field, notation.thousands) : 0;
        if (separator != 0) {
            if (grouped ? group != 3 : group < 1 || group > 3) {
                return {};
            }
            grouped = true;
            group = 0;
            field.remove_prefix(separator);
            continue;
        }
        if (whole_part && !is_digit(c) && c != '+' && c != '-') {
            whole_part = false;
            if (grouped && group != 3) {
                return {};
            }
        }
        if (c == '.' && notation.decimal != '.') {
            return {};
        }
        plain += c == notation.decimal ? '.' : c;
        group += is_digit(c) ? 1 : 0;
        field.remove_prefix(1);
    }
    return whole_part && grouped && group != 3 ? std::string() : plain;
}

csv_number parse_plain(std::string_view field) {
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

bool is_plain(const csv_notation& notation) {
    return notation.decimal == '.' && notation.thousands == '\0';
}

} // namespace

csv_number parse_number(std::string_view field, const csv_notation& notation) {
    if (is_plain(notation) || field.size() > longest_number) {
        return parse_plain(field);
    }
    return parse_plain(plain_form(field, notation));
}

std::string canonical_number(std::string_view field, const csv_notation& notation) {
    if (field.size() > longest_number || parse_number(field, notation).type != csv_number::kind::finite) {
        return std::string(field);
    }
    // Digit by digit, since a double does not tell all integers of 17 digits and more apart.
    std::string text = is_plain(notation) ? std::string(field) : plain_form(field, notation);
    if (text.find_first_of("eE") != std::string::npos) {
        return std::string(field);
    }
    const bool negative = text.starts_with('-');
    text.erase(0, text.find_first_not_of("+-"));
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.ends_with('.') ? text.size() - 1 : text.size());
    }
    text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
    if (text.empty() || text.starts_with('.')) {
        text.insert(0, 1, '0');
    }
    return negative && text != "0" ? "-" + text : text;
}

} // namespace fedasio::data
