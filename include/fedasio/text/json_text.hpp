#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fedasio::text {

/// What a text may hold before it is refused.
struct json_limits {
    std::size_t bytes = std::size_t{1} << 20;
    std::size_t depth = 32;
    bool comments = false; ///< also allows trailing commas: for files that people write
};

/// The text is not JSON. `what()` starts with "line:column: ".
class json_error : public std::runtime_error {
public:
    json_error(std::size_t line, std::size_t column, const std::string& problem);

    [[nodiscard]] std::size_t line() const { return line_; }

    [[nodiscard]] std::size_t column() const { return column_; } ///< in bytes, from 1

private:
    std::size_t line_;
    std::size_t column_;
};

/// Parses JSON (RFC 8259) from an untrusted peer or file. Stricter than boost::json::parse: a key that
/// appears twice in one object is an error (there the last one wins), numbers too large for a double are an
/// error, and doubles are the nearest to the text, so that what canonical_text() wrote comes back bit for
/// bit. Throws json_error.
[[nodiscard]] boost::json::value parse_json(std::string_view text, const json_limits& limits = {});

/// The shortest text without spaces that parses to the same value; objects keep their order. Unlike
/// boost::json::serialize its form is defined here, so that a digest over it outlives a new Boost: numbers as
/// std::to_chars writes them. Strings that are no UTF-8 become such (as_utf8()).
[[nodiscard]] std::string canonical_text(const boost::json::value& json);

} // namespace fedasio::text
