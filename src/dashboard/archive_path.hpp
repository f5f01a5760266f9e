#pragma once

#include <fedasio/dashboard/archive.hpp>

#include <optional>
#include <string_view>

namespace fedasio::dashboard {

/// What is asked by what stands after /api/v1/: `runs`, `runs/RUN`, `runs/RUN/rounds`, `runs/RUN/report`,
/// `runs/RUN/rounds/N/clients`, `report` (of `present`), `samples/N`, `model` or `models/NAME`.
[[nodiscard]] std::optional<archive_question> parse_archive_path(std::string_view path,
                                                                 std::string_view present);

} // namespace fedasio::dashboard
