#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// 16 hexadecimal digits.
inline std::string hex(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result(16, '0');
    for (auto at = result.rbegin(); at != result.rend(); ++at, number >>= 4U) {
        *at = digits[number & 15U];
    }
    return result;
}

} // namespace fedasio::dashboard
