#pragma once

#include <cstring>
#include <span>
#include <vector>

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

inline std::vector<float> copy_of(std::span<const float> values) {
    return {values.begin(), values.end()};
}
