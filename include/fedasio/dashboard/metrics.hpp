#pragma once

#include <fedasio/dashboard/board.hpp>

#include <string>
#include <string_view>

namespace fedasio::dashboard {

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The board in the Prometheus text format 0.0.4. Workers that are gone are left out; a value that does not
/// exist has no sample.
std::string metrics_text(const board& from);

} // namespace fedasio::dashboard
