#pragma once

#include <string>

namespace fedasio::text {

/// The shortest text that reads as the same number, whatever the locale: "0.1", "1e+30", "nan". A float has
/// the digits that tell it from other floats.
[[nodiscard]] std::string number_text(double number);
[[nodiscard]] std::string number_text(float number);

} // namespace fedasio::text
