#include <fedasio/text/printable.hpp>

#include <boost/locale/utf.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace fedasio::text {
namespace {

namespace utf = boost::locale::utf;
using utf8 = utf::utf_traits<char>;

struct range {
    utf::code_point first;
    utf::code_point last;
};

constexpr std::array<range, 11> unprintable{{{0x0, 0x1f},
                                             {0x7f, 0x9f},
                                             {0xad, 0xad},
                                             {0x61c, 0x61c},
                                             {0x180e, 0x180e},
                                             {0x200b, 0x200f},
                                             {0x2028, 0x202e},
                                             {0x2060, 0x206f},
                                             {0xfeff, 0xfeff},
                                             {0xfff9, 0xfffb},
                                             {0xe0000, 0xe007f}}};

constexpr std::array<range, 8> spaces{{{0x20, 0x20},
                                       {0xa0, 0xa0},
                                       {0x1680, 0x1680},
                                       {0x2000, 0x200a},
                                       {0x202f, 0x202f},
                                       {0x205f, 0x205f},
                                       {0x2800, 0x2800},
                                       {0x3000, 0x3000}}};

template <std::size_t N>
bool is_among(utf::code_point point, const std::array<range, N>& ranges) {
    return std::ranges::any_of(ranges,
                               [point](range each) { return each.first <= point && point <= each.last; });
}

} // namespace

std::string printable(std::string_view text) {
    std::string result;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const start = at;
        const auto point = utf8::decode(at, end);
        if (!utf::is_valid_codepoint(point)) {
            at = start + 1; // a decoder may have taken what follows for a part of it
            result += '?';
        } else if (is_among(point, unprintable)) {
            result += '?';
        } else {
            result.append(start, at);
        }
    }
    return result;
}

std::string as_utf8(std::string text) {
    const auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
    if (std::ranges::all_of(text, is_ascii)) {
        return text;
    }
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const start = at;
        if (!utf::is_valid_codepoint(utf8::decode(at, end))) {
            at = start + 1;
            text[static_cast<std::size_t>(start - text.data())] = '?';
        }
    }
    return text;
}

bool is_printable(std::string_view text) {
    return printable(text) == text;
}

bool is_blank(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (!is_among(utf8::decode(at, end), spaces)) {
            return false;
        }
    }
    return true;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> units{" bytes", " kB", " MB", " GB", " TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit) {
        value /= 1000;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit > 0 && value < 9.95 ? "%.1f" : "%.0f", value);
    return text.data() + std::string(units.at(unit));
}

} // namespace fedasio::text
