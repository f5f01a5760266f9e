#include "json_scalar.hpp"

#include <boost/locale/utf.hpp>

#include <cmath>

namespace fedasio::dashboard {

boost::json::string json_text(std::string_view text) {
    using utf8 = boost::locale::utf::utf_traits<char>;
    boost::json::string result;
    result.reserve(text.size());
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const char* const begin = at;
        const auto point = utf8::decode(at, end);
        if (point == boost::locale::utf::illegal || point == boost::locale::utf::incomplete) {
            result.append("\xef\xbf\xbd");
            // The decoder may have read past the bad byte into a good character.
            at = begin + 1;
        } else {
            result.append(boost::json::string_view(begin, static_cast<std::size_t>(at - begin)));
        }
    }
    return result;
}

boost::json::value json_number(double number) {
    if (!std::isfinite(number)) {
        return nullptr;
    }
    return number;
}

} // namespace fedasio::dashboard
