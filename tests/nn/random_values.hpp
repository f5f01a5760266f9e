#pragma once

#include <fedasio/random.hpp>

#include <cstdint>
#include <vector>

/// Uniform in [-range, range).
inline std::vector<float> random_values(std::size_t count, std::uint64_t seed, float range = 1.0F) {
    fedasio::random_stream stream(seed, fedasio::purpose::partition);
    std::vector<float> values(count);
    for (float& value : values) {
        value = range * (2.0F * stream.uniform() - 1.0F);
    }
    return values;
}

inline std::vector<std::int32_t> random_classes(std::size_t count, std::uint32_t classes,
                                                std::uint64_t seed) {
    fedasio::random_stream stream(seed, fedasio::purpose::shuffle);
    std::vector<std::int32_t> labels(count);
    for (std::int32_t& label : labels) {
        label = static_cast<std::int32_t>(stream.below(classes));
    }
    return labels;
}
