#include "file_text.hpp"

#include <boost/locale/utf.hpp>

namespace fedasio::data {

namespace {

using utf8 = boost::locale::utf::utf_traits<char>;

} // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string shown = "'";
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const start = at;
        const auto point = utf8::decode(at, end);
        const bool readable = boost::locale::utf::is_valid_codepoint(point) && point >= 0x20 && point != 0x7f;
        if (shown.size() + static_cast<std::size_t>(at - start) > longest) {
            return shown + "...'";
        }
        if (readable) {
            shown.append(start, at);
        } else {
            shown += '?';
        }
    }
    return shown + "'";
}

bool is_utf8(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (!boost::locale::utf::is_valid_codepoint(utf8::decode(at, end))) {
            return false;
        }
    }
    return true;
}

} // namespace fedasio::data
