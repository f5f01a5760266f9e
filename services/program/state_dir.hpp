#pragma once

#include <filesystem>

namespace fedasio::program {

/// Makes the folder of --state-dir if it is not there yet, closed to other users. Throws std::runtime_error
/// with a remedy.
void make_state_dir(const std::filesystem::path& where);

} // namespace fedasio::program
