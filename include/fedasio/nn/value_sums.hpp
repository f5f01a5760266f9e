#pragma once

#include <cstdint>

namespace fedasio::nn {

/// What a regression's metrics are made of, besides the sum of squared errors.
struct value_sums {
    std::uint64_t count = 0;
    double absolute = 0;   ///< sum of |output - target|
    double label_mean = 0; ///< of the targets
    double label_m2 = 0;   ///< sum of the targets' squared differences from their mean

    void add(double output, double target) noexcept;
    /// Those of both sets of samples together (Chan, Golub and LeVeque, 1979).
    void add(const value_sums& other) noexcept;
};

} // namespace fedasio::nn
