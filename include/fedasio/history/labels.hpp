#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fedasio::history {

/// Keeps what people wrote about a run, a JSON object (`labels` of docs/api.md), in place of what they wrote
/// before. False if there is no such run. Waits for the disk; may be called on any thread, beside a recorder.
/// Throws std::runtime_error that names the file.
bool write_labels(const std::filesystem::path& file, std::string_view run, const std::string& labels);

} // namespace fedasio::history
