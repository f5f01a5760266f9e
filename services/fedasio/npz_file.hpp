#pragma once

#include <fedasio/plan/trained_model.hpp>

#include <string>

namespace fedasio::steering {

/// The model's arrays by their names, as numpy.load() reads them: a zip archive, not compressed, of a .npy
/// file for each (float32, row by row). Throws std::runtime_error over the 4 GiB that such an archive can
/// hold.
[[nodiscard]] std::string npz_bytes(const plan::trained_model& model);

} // namespace fedasio::steering
