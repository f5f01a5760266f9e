#pragma once

#include <filesystem>
#include <string>

namespace fedasio::program {

/// What `GET /api/v1/models` tells of the saved models in a state folder: JSON as in docs/api.md. Reads the
/// heads of the files, and the history for what their rounds were worth; waits for the disk.
[[nodiscard]] std::string saved_models_text(const std::filesystem::path& state_dir);

} // namespace fedasio::program
