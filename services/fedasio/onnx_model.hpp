#pragma once

#include <fedasio/plan/trained_model.hpp>

#include <string>

namespace fedasio::steering {

/// The model as an ONNX file. Of a table each column that becomes an input is one: a float64 for numbers (NaN
/// is a missing value), a string for categories ("" is one); of images there is one input `image`, float32 in
/// [0, 1], [batch, height, width, channels]. What comes out: `probabilities` [batch, classes] and the class's
/// name as `label`, or in a regression `prediction` in the label's own unit, float64. Throws
/// std::runtime_error for a model that is too large for the format.
[[nodiscard]] std::string onnx_bytes(const plan::trained_model& model);

} // namespace fedasio::steering
