#pragma once

#include <fedasio/plan/trained_model.hpp>

#include "predictor.hpp"
#include <filesystem>

namespace fedasio::steering {

/// Whether a file is PNG or JPEG, by its first bytes.
[[nodiscard]] bool is_picture(const std::filesystem::path& file);

/// Predicts PNG and JPEG files: one, or those below a folder.
int predict_pictures(const plan::trained_model& model, const prediction_request& from);

} // namespace fedasio::steering
