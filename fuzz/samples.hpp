#pragma once

#include <fedasio/data/dataset.hpp>

#include "target.hpp"
#include <cmath>
#include <vector>

namespace fedasio::fuzz {

/// What a network may be given: finite inputs, and finite targets or classes that exist.
inline void check_samples(const data::dataset& set) {
    std::vector<float> features(set.feature_count());
    for (std::uint32_t i = 0; i < set.size(); ++i) {
        set.copy_features(std::span(&i, 1), features);
        for (const float value : features) {
            require(std::isfinite(value), "inputs are finite");
        }
    }
    for (const float target : set.targets()) {
        require(std::isfinite(target), "targets are finite");
    }
    for (const auto label : set.classes()) {
        require(label >= 0 && static_cast<std::size_t>(label) < set.class_count(), "classes exist");
    }
}

} // namespace fedasio::fuzz
