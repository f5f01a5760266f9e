#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

namespace fedasio::nn {

/// What a batch should come out as: a class number a sample, each in [0, outputs), or row-major
/// float values [samples][outputs]. Cross-entropy takes class numbers only; mean_squared_error takes either,
/// a class number k standing for 1 at output k and 0 elsewhere.
using targets = std::variant<std::span<const std::int32_t>, std::span<const float>>;

/// How a batch came out.
struct batch_result {
    double loss_sum = 0.0;   ///< sum over the samples of each sample's loss
    std::size_t correct = 0; ///< samples whose largest output is their class; 0 when the targets are values
};

/// Which class a sample is taken for.
struct prediction {
    std::uint32_t top = 0; ///< the largest output, the first of equal ones
    float confidence = 0;  ///< its probability; under mean_squared_error the output itself, within 0 and 1
};

} // namespace fedasio::nn
