#pragma once

#include <string>
#include <string_view>

namespace fedasio::dashboard {

/// The body of `POST /api/v1/runs/RUN/labels` as it is kept: canonical, with every key. Throws
/// text::json_error or text::field_error.
[[nodiscard]] std::string labels_text(std::string_view body);

} // namespace fedasio::dashboard
