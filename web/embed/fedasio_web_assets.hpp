#pragma once

#include <span>
#include <string_view>

namespace fedasio::web {

/// One file of the dashboard page, as the master serves it. All of it lives as long as the program.
struct asset {
    std::string_view path;         ///< of the request: "/", "/app.js", "/app.css", "/favicon.svg"
    std::string_view content_type; ///< value for the header of that name
    std::span<const unsigned char> gzip;
    std::string_view etag; ///< 16 hexadecimal digits that change with the content, without quotes
};

/// Every file of the page.
std::span<const asset> assets();

} // namespace fedasio::web
