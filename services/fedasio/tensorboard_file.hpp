#pragma once

#include "run_numbers.hpp"
#include <span>
#include <string>

namespace fedasio::steering {

/// The bytes of a TensorBoard event file with these numbers as scalars, a step a round: TFRecords
/// (https://www.tensorflow.org/tutorials/load_data/tfrecord) of `Event` messages. `began` is in Unix seconds.
[[nodiscard]] std::string tensorboard_bytes(std::span<const run_number> numbers, double began);

} // namespace fedasio::steering
