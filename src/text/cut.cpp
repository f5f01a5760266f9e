#include <fedasio/text/cut.hpp>

#include <algorithm>

namespace fedasio::text {

std::string_view cut(std::string_view text, std::size_t most) noexcept {
    auto end = std::min(text.size(), most);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return text.substr(0, end);
}

std::string shortened(std::string_view text, std::size_t most) {
    return text.size() <= most ? std::string(text) : std::string(cut(text, most)) + "...";
}

} // namespace fedasio::text
