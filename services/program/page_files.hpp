#pragma once

#include <fedasio/dashboard/asset.hpp>

#include <vector>

namespace fedasio::program {

/// The page that this program carries.
[[nodiscard]] std::vector<dashboard::asset> page_files();

} // namespace fedasio::program
