#pragma once

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace fedasio::dashboard {

/// Text as valid UTF-8: a browser closes a WebSocket over a single bad byte.
boost::json::string json_text(std::string_view text);

/// null unless finite: JSON has neither infinity nor NaN.
boost::json::value json_number(double number);

template <class Number>
boost::json::value json_number(const std::optional<Number>& number) {
    if (!number) {
        return nullptr;
    }
    if constexpr (std::is_same_v<Number, double>) {
        return json_number(*number);
    } else {
        return *number;
    }
}

} // namespace fedasio::dashboard
