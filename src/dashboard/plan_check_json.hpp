#pragma once

#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// The answer of `POST /api/v1/plan/check` (docs/api.md) to a plan's text.
[[nodiscard]] std::string plan_check_text(std::string_view plan, bool has_evaluator);

} // namespace fedasio::dashboard
